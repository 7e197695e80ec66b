import type * as Expressions from '../policy/arguments/cel.ts';
import type * as Schema from './file-schemas.ts';
import type { ConfigDocument, ConfigNode } from './json-document.ts';

interface RulesReaders {
  readonly schema: typeof Schema;
  /** Undefined where the rules have no expression, so that nobody loads what reads them. */
  readonly expressions: typeof Expressions | undefined;
}

/** Loads what reading a rules file needs. */
export async function loadReaders(document: ConfigDocument): Promise<RulesReaders> {
  const [schema, expressions] = await Promise.all([
    import('./file-schemas.ts'),
    hasKey(document.root, 'when') ? import('../policy/arguments/cel.ts') : undefined,
  ]);
  return { schema, expressions };
}

function hasKey(node: ConfigNode, key: string): boolean {
  if (node.kind === 'array') return node.items.some((item) => hasKey(item, key));
  return (
    node.kind === 'object' &&
    (node.members.has(key) || [...node.members.values()].some(({ value }) => hasKey(value, key)))
  );
}
