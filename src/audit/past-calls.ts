/**
 * Past calls, added up: which agent asked for what, how often, and what was decided. Read from the log and its rotated files in one
 * pass; memory grows with the number of different things that were asked for, not with the log.
 */

import type { Buffer } from 'node:buffer';
import { fstatSync } from 'node:fs';
import type { OfferKind } from '../policy/rules-data.ts';
import { type LogRecord, readRecord } from './query/log-record.ts';
import { readLines } from './read-lines.ts';
import { closeAll, openAll } from './verify-log.ts';

/** All calls of one agent for one thing. */
export interface PastCall {
  readonly agent: string;
  readonly server: string;
  /** Of the tool or prompt, or the URI of the resource; undefined for the server as such. */
  readonly name: string | undefined;
  readonly kind: OfferKind;
  /** Number of allowed calls, those of an agent in shadow mode included. */
  allowed: number;
  /** Number of them that the rules denied and shadow mode let happen. */
  shadowed: number;
  /** Number of allowed calls that found no such server or tool, or none that worked. */
  missed: number;
  denied: number;
  /** Time of the last record, ISO 8601. */
  last: string;
}

export interface PastCalls {
  readonly calls: readonly PastCall[];
  /** Different calls, whatever they were for. */
  readonly total: number;
  /** Lines that are no records: cut off by a full disk, say. */
  readonly unreadable: number;
  /** Calls whose names were too long for a record, so that nobody can know them any more. */
  readonly cut: number;
  /** Number of files that were read. */
  readonly files: number;
}

interface Wanted {
  /** Milliseconds since 1970: older records do not count. */
  readonly since?: number | undefined;
  /** Only calls of this agent. */
  readonly agent?: string | undefined;
}

/**
 * Reads the log. Blocks until it is through: for commands.
 * @throws what opening or reading a file throws, e.g. ENOENT.
 */
export function readPastCalls(log: string, wanted: Wanted = {}): PastCalls {
  const { files } = openAll(log);
  try {
    const adding = createSum(wanted);
    for (const { fd } of files) {
      // Nothing is written into a file after its last record.
      if (wanted.since !== undefined && fstatSync(fd).mtimeMs < wanted.since) continue;
      for (const { bytes } of readLines(fd)) if (bytes?.length !== 0) adding.add(bytes);
    }
    return { ...adding.sum(), files: files.length };
  } finally {
    closeAll(files);
  }
}

interface Sum {
  /** @param line undefined for one that is too long. */
  add(line: Buffer | undefined): void;
  sum(): Omit<PastCalls, 'files'>;
}

function createSum({ since, agent: onlyAgent }: Wanted): Sum {
  const from = since === undefined ? '' : new Date(since).toISOString();
  const calls = new Map<string, PastCall>();
  /** Calls that were forwarded and have not ended: what they were for. */
  const open = new Map<string, LoggedCall>();
  let total = 0;
  let unreadable = 0;
  let cut = 0;

  const count = (logged: LoggedCall): void => {
    total++;
    if (isCut(logged.server) || isCut(logged.tool ?? '')) {
      cut++;
      return;
    }
    const kind = kindOf(logged);
    const name = logged.tool ?? undefined;
    const key = JSON.stringify([logged.agent_id, logged.server, name, kind]);
    let call = calls.get(key);
    if (call === undefined) {
      const none = { allowed: 0, shadowed: 0, missed: 0, denied: 0, last: '' };
      call = { agent: logged.agent_id, server: logged.server, name, kind, ...none };
      calls.set(key, call);
    }
    if (logged.decision === 'DENY') call.denied++;
    else {
      call.allowed++;
      if (logged.shadow === 'DENY') call.shadowed++;
      if (MISSES.has(logged.error_code ?? '')) call.missed++;
    }
    if (logged.timestamp > call.last) call.last = logged.timestamp;
  };

  return {
    add(line) {
      const logged = line === undefined ? undefined : readRecord(line);
      if (logged === undefined) unreadable++;
      if (!logged || !isDecided(logged)) return;
      if (logged.timestamp < from || (onlyAgent !== undefined && logged.agent_id !== onlyAgent)) return;
      if (logged.phase === 'decided') {
        open.set(logged.request_id, logged);
        return;
      }
      open.delete(logged.request_id);
      count(logged);
    },
    sum() {
      // Those of a process that was killed.
      for (const logged of open.values()) count(logged);
      open.clear();
      return { calls: [...calls.values()], total, unreadable, cut };
    },
  };
}

/** The record of a call that names what it was for. */
type LoggedCall = LogRecord & { readonly agent_id: string; readonly server: string; readonly rule: string };

/** A call that the rules decided: what was refused for another reason, and what is no call, says nothing about rules. */
function isDecided(record: LogRecord): record is LoggedCall {
  const { request_id, agent_id, server, rule, decision, error_code } = record;
  if (request_id === '' || agent_id === null || server === null || rule === null) return false;
  return decision === 'DENY' ? error_code === 'DENIED_BY_POLICY' : decision === 'ALLOW' || decision === 'ERROR';
}

const KINDS: ReadonlyMap<string, OfferKind> = new Map([
  ['prompts/get', 'prompt'],
  ['resources/read', 'resource'],
  ['resources/subscribe', 'resource'],
  ['resources/unsubscribe', 'resource'],
  ['resources/directory/read', 'resource'],
  ['skills/get', 'skill'],
]);

function kindOf({ operation, tool }: LoggedCall): OfferKind {
  // It completes an argument of a prompt or of the template of a URI; the record does not say of which.
  if (operation === 'completion/complete') return tool?.includes(':') === true ? 'resource' : 'prompt';
  return KINDS.get(operation) ?? 'tool';
}

/** The codes of calls that never came to a tool. */
const MISSES: ReadonlySet<string> = new Set(['TOOL_NOT_FOUND', 'SERVER_UNAVAILABLE', 'UNKNOWN_HANDLE']);

/** As `record-line.ts` writes what is too long. */
function isCut(name: string): boolean {
  return /\[cut, \d+ characters\]$/.test(name);
}
