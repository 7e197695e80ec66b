/** The definitions of a server in which the scan finds something that somebody should look at before agents do. */
import type { OtherServer } from '../scan/scan-server.ts';
import { keyParts, type LockedKind } from './lock-text.ts';

/** Kinds that hold text for a model. */
const SCANNED: ReadonlySet<string> = new Set<LockedKind>(['instructions', 'tool', 'prompt', 'template']);

/**
 * @param texts JSON text by key of a lock
 * @param others the tools of other servers, which it may imitate or speak of
 * @returns the keys of those with findings above `low`
 */
export async function findSuspects(
  server: string,
  texts: ReadonlyMap<string, string>,
  others: readonly OtherServer[],
): Promise<ReadonlySet<string>> {
  // Loaded when something is new: most starts see what they saw before.
  const [{ scanServer }, { isSuspicious }] = await Promise.all([
    import('../scan/scan-server.ts'),
    import('../scan/finding.ts'),
  ]);
  const definitions = [...texts].flatMap(([key, text]) => {
    const { kind, name } = keyParts(key);
    if (!SCANNED.has(kind)) return [];
    return [{ type: kind as 'tool', name, definition: JSON.parse(text) as unknown }];
  });
  const found = scanServer({ server, definitions, others }).filter(isSuspicious);
  return new Set(found.map(({ type, name }) => `${type} ${name}`));
}

/** The texts of values that were seen, by key. */
export function textsByKey(
  values: ReadonlyMap<string, string>,
  texts: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  return new Map([...values].flatMap(([key, digest]) => (texts.has(digest) ? [[key, texts.get(digest) ?? '']] : [])));
}
