/** Names that say which worker has what they name. */
import { hash } from 'node:crypto';
import { PROGRAM_PREFIX } from '../operations/code/waiting-programs.ts';
import { RESULT_PREFIX } from '../operations/results/result-store.ts';
import { SIGN_IN_PREFIX } from '../pipeline/sign-in-elicitation.ts';
import { PREFIX as PARKED_PREFIX } from '../relay/parked-conversations.ts';

/** Sessions and tasks have none. */
const PREFIXES = [PARKED_PREFIX, SIGN_IN_PREFIX, RESULT_PREFIX, PROGRAM_PREFIX].map((prefix) =>
  prefix.replaceAll('.', '\\.'),
);
const TAG = new RegExp(`^(?:${PREFIXES.join('|')})?w(\\d{1,3})\\.`);

/** The beginning of the sessions of a worker, and of its handles after their prefix. */
export function tagOf(worker: number): string {
  return `w${worker}.`;
}

/** The worker that a session id or a handle names; undefined where it names none. */
export function workerNamed(name: string): number | undefined {
  const found = TAG.exec(name)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** The worker that runs programs of this text, so that whoever makes the same call again finds the one that waits. @param of workers in all */
export function homeOfProgram(code: string, of: number): number {
  return Number.parseInt(hash('sha256', code, 'hex').slice(0, 8), 16) % of;
}

/** Bytes of a request in which its headers are looked for. */
const MAX_HEAD = 16_384;
const SESSION = /\r\nmcp-session-id:[ \t]*w(\d{1,3})\./i;

/** The worker that has the session of the first request of a connection, as far as its first bytes tell. */
export function workerInHead(bytes: Buffer): number | undefined {
  const text = bytes.toString('latin1', 0, MAX_HEAD);
  const end = text.indexOf('\r\n\r\n');
  const found = SESSION.exec(end < 0 ? text : text.slice(0, end))?.[1];
  return found === undefined ? undefined : Number(found);
}
