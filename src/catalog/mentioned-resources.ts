/** Resources that servers named in results without listing them, for those who got the result. */

import type { ServerDefinition } from '../config/snapshot.ts';
import { readObject } from '../protocol/json-rpc.ts';
import type { ScannedObject } from '../protocol/members.ts';

/** URIs that are remembered in all, of one result, and characters of one. */
const MAX_URIS = 10_000;
const MAX_PER_RESULT = 200;
const MAX_LENGTH = 2_048;
/** Longer results are not read for them. */
const MAX_RESULT = 1_000_000;

const URI_MEMBER = /"uri"\s*:\s*("(?:[^"\\]|\\.)*")/g;

export interface Mentions {
  /** Takes in a result of a server. @param text JSON of the result */
  note(server: ServerDefinition, owner: string, text: string): void;
  /** Takes in one that another process took in. */
  add(server: ServerDefinition, owner: string, uri: string): void;
  has(server: ServerDefinition, owner: string, uri: string): boolean;
}

/** The URIs noted last are kept. */
export function createMentions(): Mentions {
  const uris = new Set<string>();
  const keyOf = (server: ServerDefinition, owner: string, uri: string): string =>
    JSON.stringify([server.key, owner, uri]);
  const keep = (key: string): void => {
    uris.delete(key);
    uris.add(key);
    for (const oldest of uris) {
      if (uris.size <= MAX_URIS) break;
      uris.delete(oldest);
    }
  };
  return {
    add: (server, owner, uri) => keep(keyOf(server, owner, uri)),
    note(server, owner, text) {
      if (text.length > MAX_RESULT || !text.includes('"uri"')) return;
      let left = MAX_PER_RESULT;
      for (const [, quoted = '""'] of contentOf(text, readObject(text, { result: {} })).matchAll(URI_MEMBER)) {
        if (quoted.length > MAX_LENGTH) continue;
        keep(keyOf(server, owner, JSON.parse(quoted) as string));
        if (--left === 0) break;
      }
    },
    has: (server, owner, uri) => uris.has(keyOf(server, owner, uri)),
  };
}

/** Data of a tool, which may be what its caller wrote, and names no resource. */
const DATA: ReadonlySet<string> = new Set(['structuredContent', '_meta']);

/** The members of a result that the protocol has for content; `result` is that of a task. */
function contentOf(text: string, root: ScannedObject | undefined): string {
  return (root?.members ?? [])
    .filter(({ key }) => !DATA.has(key))
    .map(({ start, end, object }) => (object === undefined ? text.slice(start, end) : contentOf(text, object)))
    .join(',');
}
