/** The definitions of a server in which the scan finds something that somebody should look at before agents do. */
import type { Finding } from '../scan/finding.ts';
import type { ServerBeside } from '../scan/scan-server.ts';
import { keyParts, type LockedKind } from './lock-text.ts';

/** Kinds that hold text for a model. */
const SCANNED: ReadonlySet<string> = new Set<LockedKind>(['instructions', 'tool', 'prompt', 'template', 'skill']);

/**
 * @param texts JSON text by key of a lock
 * @param others the tools of other servers, which it may imitate or speak of
 * @returns the keys of those with findings above `low`
 */
export async function findSuspects(
  server: string,
  texts: ReadonlyMap<string, string>,
  others: readonly ServerBeside[],
): Promise<ReadonlySet<string>> {
  const { isSuspicious } = await import('../scan/finding.ts');
  const found = (await findingsIn(server, texts, others)).filter(isSuspicious);
  return new Set(found.map(({ type, name }) => `${type} ${name}`));
}

/** All that the scan finds in them, the most serious first; the parameters are those of `findSuspects`. */
export async function findingsIn(
  server: string,
  texts: ReadonlyMap<string, string>,
  others: readonly ServerBeside[],
): Promise<readonly Finding[]> {
  // Loaded when something is new: most starts see what they saw before.
  const { scanServer } = await import('../scan/scan-server.ts');
  const definitions = [...texts].flatMap(([key, text]) => {
    const { kind, name } = keyParts(key);
    if (!SCANNED.has(kind)) return [];
    return [{ type: kind as 'tool', name, definition: JSON.parse(text) as unknown }];
  });
  return scanServer({ server, definitions, others });
}

/** The texts of values that were seen, by key. */
export function textsByKey(
  values: ReadonlyMap<string, string>,
  texts: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  return new Map([...values].flatMap(([key, digest]) => (texts.has(digest) ? [[key, texts.get(digest) ?? '']] : [])));
}
