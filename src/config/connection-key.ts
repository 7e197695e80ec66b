/** The key under which connections are kept over reloads. */
import { createHash } from 'node:crypto';
import type { HttpDefinition, ServerDefinition, ServerLife, StdioDefinition } from './snapshot.ts';

/**
 * Hash over what makes a connection. The name is part of it: two names for the same command are two connections, because
 * most servers keep state that nobody declared shareable.
 */
export function keyOf(name: string, link: ServerDefinition['link'], life: ServerLife | undefined): string {
  const content =
    link.transport === 'stdio'
      ? [name, link.transport, link.command, link.args, sorted(link.env), link.cwd ?? null, ...walls(link)]
      : [
          name,
          link.transport,
          link.url,
          sorted(link.headers),
          link.credentials ?? null,
          link.oauth ?? null,
          ...apiOf(link),
        ];
  return createHash('sha256')
    .update(JSON.stringify([...content, life ?? null]))
    .digest('hex');
}

/** The API of an entry, for the key: nothing where it has none. */
function apiOf({ openapi }: HttpDefinition): readonly unknown[] {
  return openapi === undefined ? [] : [{ ...openapi, query: [...openapi.query], cookies: [...openapi.cookies] }];
}

/** The sandbox of a program, for the key: nothing where it has none. */
function walls({ sandbox }: StdioDefinition): readonly unknown[] {
  return sandbox === undefined ? [] : [sandbox];
}

function sorted(map: ReadonlyMap<string, string>): (readonly [string, string])[] {
  return [...map].sort(([one], [other]) => (one < other ? -1 : 1));
}
