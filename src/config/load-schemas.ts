import type * as Expressions from '../policy/arguments/cel.ts';
import type * as Schema from './file-schemas.ts';
import type { ConfigDocument, ConfigNode } from './json-document.ts';
import type * as ReadOpenApi from './openapi-entry.ts';
import type * as ReadOverrides from './overrides/read-overrides.ts';
import type * as ReadVirtual from './virtual/read-virtual.ts';

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

/** Loads what reads how tools, prompts and resources appear; undefined where no entry says that. */
export async function loadOverrides({ root }: ConfigDocument): Promise<typeof ReadOverrides | undefined> {
  const isNeeded = OVERRIDE_KEYS.some((key) => hasKey(root, key));
  return isNeeded ? import('./overrides/read-overrides.ts') : undefined;
}

/** Loads what reads entries that group tools of others; undefined where none does. */
export async function loadVirtual({ root }: ConfigDocument): Promise<typeof ReadVirtual | undefined> {
  return hasKey(root, 'virtual') ? import('./virtual/read-virtual.ts') : undefined;
}

/** Loads what reads entries that are APIs; undefined where none is. */
export async function loadOpenApi({ root }: ConfigDocument): Promise<typeof ReadOpenApi | undefined> {
  return hasKey(root, 'openapi') ? import('./openapi-entry.ts') : undefined;
}

const OVERRIDE_KEYS = ['tools', 'prompts', 'resources'];

function hasKey(node: ConfigNode, key: string): boolean {
  if (node.kind === 'array') return node.items.some((item) => hasKey(item, key));
  return (
    node.kind === 'object' &&
    (node.members.has(key) || [...node.members.values()].some(({ value }) => hasKey(value, key)))
  );
}
