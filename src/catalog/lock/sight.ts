/** Everything seen of a server, in the words of a lock. */
import { packageOf } from '../../config/launch-digest.ts';
import type { ServerDefinition } from '../../config/snapshot.ts';
import type { UpstreamConnection } from '../../upstream/contract.ts';
import { digestOf } from '../definition.ts';
import {
  DEFINITION_KINDS,
  type Definition,
  type Definitions,
  definitionsOf,
  fetchDefinitions,
} from './fetch-definitions.ts';
import { type LockedKind, lockKey } from './lock-text.ts';

/** Values of a lock by key, and the JSON text of definitions by digest. */
export interface Sight {
  /** Kinds that were looked at: of those, what is not there is gone. */
  readonly kinds: readonly LockedKind[];
  readonly values: ReadonlyMap<string, string>;
  readonly texts: ReadonlyMap<string, string>;
}

/** The way it is launched. */
export async function sightOfLaunch(server: ServerDefinition): Promise<Sight> {
  const values = new Map([[lockKey('launch'), server.launch ?? '']]);
  const program = await packageOf(server);
  if (program !== undefined) values.set(lockKey('package', program.name), program.version);
  return { kinds: ['launch', 'package'], values, texts: new Map() };
}

/** Its description of itself. */
export function sightOfInstructions(instructions: string | undefined): Sight {
  if (instructions === undefined) return { kinds: ['instructions'], values: new Map(), texts: new Map() };
  const text = JSON.stringify(instructions);
  const digest = digestOf(text);
  return {
    kinds: ['instructions'],
    values: new Map([[lockKey('instructions'), digest]]),
    texts: new Map([[digest, text]]),
  };
}

export function sightOf(kind: LockedKind, definitions: Definitions): Sight {
  const all = [...definitions];
  return {
    kinds: [kind],
    values: new Map(all.map(([name, { hash }]) => [lockKey(kind, name), hash])),
    texts: new Map(all.map(([, definition]) => [definition.hash, textOf(definition)])),
  };
}

/** The text that its digest is over: the definition of the server with it, where agents see something else. */
function textOf({ raw, original }: Definition): string {
  return original === undefined ? raw : `${raw.slice(0, -1)},"original":${original.raw}}`;
}

/** Everything. @throws GatewayError SERVER_UNAVAILABLE, TIMEOUT where a list cannot be had */
export async function sightOfAll(server: ServerDefinition, connection: UpstreamConnection): Promise<Sight> {
  const parts = [await sightOfLaunch(server), sightOfInstructions(connection.facts.instructions)];
  for (const kind of DEFINITION_KINDS) {
    parts.push(sightOf(kind, definitionsOf(await fetchDefinitions(server, connection, kind))));
  }
  return combined(parts);
}

export function combined(parts: readonly Sight[]): Sight {
  return {
    kinds: parts.flatMap(({ kinds }) => kinds),
    values: new Map(parts.flatMap(({ values }) => [...values])),
    texts: new Map(parts.flatMap(({ texts }) => [...texts])),
  };
}
