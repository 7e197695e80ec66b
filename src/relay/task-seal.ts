/**
 * Ids of tasks that carry what is known of the task, encrypted: nothing is stored, and whoever has the key knows the task again after a
 * restart. An id opens only for the owner that it was made for.
 */
import { seal, unseal } from '../config/encryption.ts';
import type { Task } from './task-registry.ts';

/** Characters of what is sealed: it goes with each request about the task, over HTTP in a header too. */
const MAX_LENGTH = 1_024;

/**
 * @param start what the id begins with.
 * @returns undefined for a task that is too long for an id, or could not be told from a later one of the same id
 */
export function sealTask(key: Uint8Array, task: Task, start: string): string | undefined {
  const { owner, agent, session, claimed, server, tool, named, id, era, createdAt } = task;
  if (createdAt === undefined) return undefined;
  const { server: namedServer = null, name = null } = named ?? {};
  const text = JSON.stringify([
    agent,
    session ?? null,
    claimed ?? null,
    server,
    tool,
    namedServer,
    name,
    id,
    era,
    createdAt,
  ]);
  return text.length > MAX_LENGTH
    ? undefined
    : Buffer.from(seal(key, text, about(owner, start)), 'base64').toString('base64url');
}

/** @returns undefined where the text was not sealed with this key for this owner, after the same start */
export function unsealTask(key: Uint8Array, sealed: string, owner: string, start: string): Task | undefined {
  // One task has one id: decoders take other spellings for the same bytes.
  if (Buffer.from(sealed, 'base64url').toString('base64url') !== sealed) return undefined;
  const text = unseal(key, sealed, about(owner, start));
  if (text === undefined) return undefined;
  const [agent, session, claimed, server, tool, namedServer, name, id, era, createdAt] = JSON.parse(text) as Sealed;
  return {
    owner,
    agent,
    session: session ?? undefined,
    claimed: claimed ?? undefined,
    server,
    tool,
    named: namedServer === null ? undefined : { server: namedServer, name: name ?? undefined },
    id,
    era,
    createdAt,
  };
}

type Sealed = readonly [
  agent: string,
  session: string | null,
  claimed: string | null,
  server: string,
  tool: string,
  namedServer: string | null,
  name: string | null,
  id: string,
  era: Task['era'],
  createdAt: string,
];

/** The part that is bound and not written. */
function about(owner: string, start: string): string {
  return JSON.stringify([start, owner]);
}
