/**
 * The text of one record in the log.
 *
 * A line ends in `,"writer":W,"seq":N,"prev":P,"hash":H}`. H is the lower-case hex SHA-256 of the line's UTF-8 bytes up to,
 * not including, `,"hash":`; P is the H of the line that the same writer wrote before, 64 zeros in its first line; N counts
 * from 1 without gaps. A changed line does not match its own H; a removed one is missing between N and P of its neighbours.
 * The hashes have no key: whoever may write the file can write a whole new chain. What they cannot do is change the past of a
 * log of which somebody kept a later line.
 */
import { hash } from 'node:crypto';
import { escapeJson } from '../observe/escape-text.ts';
import { redactValue } from '../observe/redact.ts';
import { jsonString } from '../protocol/json-text.ts';
import type { AuditRecord } from './audit-record.ts';

/** `prev` of a writer's first line. */
export const FIRST_PREV = '0'.repeat(64);
/** Names are cut after this many UTF-16 code units. Every name that a rule can match is shorter. */
const MAX_NAME = 512;
/** Characters that a name may have in the line, where it is full of what is escaped. */
const MAX_ESCAPED = 1024;
/** Characters that `detail` may have in the line. */
const MAX_DETAIL = 4096;

type Redact = (text: string) => string;

/**
 * Writes records as JSON without the closing brace, ready for the chain. Nothing in it can break or reorder the line. Only values
 * that come from outside are redacted: keys, codes, decisions and paths of rules are the gateway's own. Most calls are by the same
 * caller to the same tool as another one just before: their part of the text is made once.
 * @param secretsVersion changes when there are other secrets.
 */
export function createBodies(
  redact: Redact,
  secretsVersion: () => number = () => 0,
): (record: AuditRecord, timestamp: string) => string {
  let last: AuditRecord | undefined;
  let madeWith = 0;
  let what = '';
  let who = '';
  return (record, timestamp) => {
    if (last === undefined || madeWith !== secretsVersion() || !isAbout(record, last)) {
      last = record;
      madeWith = secretsVersion();
      what =
        `"agent_id":${text(record.agent_id)},"operation":${text(record.operation, redact)},` +
        `"server":${nameText(record.server, redact)},"tool":${nameText(record.tool, redact)}` +
        (record.original === undefined ? '' : `,"original":${nameText(record.original, redact)}`) +
        (record.virtual === undefined ? '' : `,"virtual":${nameText(record.virtual, redact)}`);
      who =
        `"rule":${text(record.rule)},${record.pointer === undefined ? '' : `"pointer":${text(record.pointer)},`}${record.shadow === undefined ? '' : `"shadow":"${record.shadow}",`}${record.sandbox === undefined ? '' : `"sandbox":"${record.sandbox}",`}${record.labels === undefined ? '' : `"labels":${text(record.labels)},`}"error_code":${text(record.error_code)},` +
        `"principal":${text(record.principal, redact)},"claimed_agent":${text(record.claimed_agent, redact)},` +
        `"assurance":${text(record.assurance)}`;
    }
    const detail = record.detail === undefined ? '' : `,"detail":${detailJson(record.detail, redact)}`;
    const { latency_ms: ms } = record;
    // Put together by hand: half the price of JSON.stringify, and every call pays it twice.
    return (
      `{"timestamp":"${timestamp}",${what},"decision":"${record.decision}",` +
      `"latency_ms":${decimal(ms)}${parts(record)},"request_id":${text(record.request_id)}${parentOf(record)},` +
      `${who},"phase":"${record.phase}"${detail}`
    );
  };
}

/** Writes the request and the program that it is a part of. */
function parentOf({ parent_request_id: parent, program }: AuditRecord): string {
  return parent === undefined ? '' : `,"parent_request_id":${text(parent)},"program":${text(program ?? null)}`;
}

/** The parts of the time, and the cost of the answer. */
function parts({
  queue_ms: queue,
  server_ms: server,
  people_ms: people,
  tokens,
  redacted,
  cached,
}: AuditRecord): string {
  let json = server === undefined ? '' : `,"queue_ms":${decimal(queue ?? 0)},"server_ms":${decimal(server)}`;
  if (people !== undefined) json += `,"people_ms":${decimal(people)}`;
  if (tokens !== undefined) json += `,"tokens":${tokens}`;
  if (redacted !== undefined) json += `,"redacted":${JSON.stringify(redacted)}`;
  if (cached !== undefined) json += ',"cached":true';
  return json;
}

/** Milliseconds to a microsecond. Of whole numbers: the text of a fraction costs three times as much. */
function decimal(ms: number): string {
  if (!Number.isFinite(ms)) return 'null';
  const us = Math.round(ms * 1000);
  const rest = Math.abs(us % 1000);
  const whole = Math.trunc(us / 1000);
  if (rest === 0) return `${whole}`;
  return `${us < 0 && whole === 0 ? '-0' : whole}.${rest < 10 ? '00' : rest < 100 ? '0' : ''}${rest}`;
}

/** True if all names are the same. Not a loop: it would look up each by its key. */
function isAbout(record: AuditRecord, other: AuditRecord): boolean {
  return (
    record.agent_id === other.agent_id &&
    record.operation === other.operation &&
    record.server === other.server &&
    record.tool === other.tool &&
    record.original === other.original &&
    record.virtual === other.virtual &&
    record.rule === other.rule &&
    record.pointer === other.pointer &&
    record.shadow === other.shadow &&
    record.sandbox === other.sandbox &&
    record.labels === other.labels &&
    record.error_code === other.error_code &&
    record.principal === other.principal &&
    record.claimed_agent === other.claimed_agent &&
    record.assurance === other.assurance
  );
}

/** Printable ASCII without quotes and backslashes: its JSON form is itself in quotes. */
const PLAIN = /^[ !#-[\]-~]*$/;
/** Names of servers and tools. A name of letters alone is never half hidden by a password that is a word. */
const PLAIN_NAME = /^[A-Za-z_.-]{1,128}$/;

function nameText(name: string | null, redact: Redact): string {
  return name !== null && PLAIN_NAME.test(name) ? `"${name}"` : text(name, redact);
}

/** JSON of a text, bounded. Redacts before it cuts: half a secret is no longer recognised. */
function text(value: string | null, redact?: Redact): string {
  if (value === null) return 'null';
  const clean = redact === undefined ? value : redact(value);
  if (clean.length <= MAX_NAME) {
    if (PLAIN.test(clean)) return `"${clean}"`;
    const json = escapeJson(JSON.stringify(clean));
    if (json.length <= MAX_ESCAPED) return json;
  }
  const { json, length } = longestStart(clean, MAX_NAME, MAX_ESCAPED);
  return length === clean.length ? json : `${json.slice(0, -1)}[cut, ${value.length} characters]"`;
}

/** The JSON of as much of the beginning of a text as has room. */
function longestStart(value: string, maxLength: number, maxJson: number): { json: string; length: number } {
  let length = Math.min(value.length, maxLength);
  for (;;) {
    const json = escapeJson(JSON.stringify(value.slice(0, length)));
    if (json.length <= maxJson || length === 0) return { json, length };
    length = Math.min(length - 1, Math.floor((length * maxJson) / json.length));
  }
}

function detailJson(detail: Readonly<Record<string, unknown>>, redact: Redact): string {
  let json = '{';
  try {
    for (const key in detail) {
      const written = valueJson(detail[key], redact);
      // The keys at the top are the gateway's own.
      if (written !== undefined) json += `${json.length > 1 ? ',' : ''}${jsonString(key)}:${written}`;
    }
  } catch {
    return '{"unserialisable":true}';
  }
  json += '}';
  if (json.length <= MAX_DETAIL) {
    const escaped = escapeJson(json);
    if (escaped.length <= MAX_DETAIL) return escaped;
  }
  return `{"cut":${longestStart(json, MAX_DETAIL, MAX_DETAIL).json},"characters":${json.length}}`;
}

/** As JSON.stringify, which costs as much as the rest of a record, for what most details are: numbers, and lists of plain names. */
function valueJson(value: unknown, redact: Redact): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? `${value}` : 'null';
  if (typeof value === 'string') return jsonString(redact(value));
  if (!Array.isArray(value)) return JSON.stringify(redactValue(value, redact));
  let json = '';
  for (const element of value) json += `${json === '' ? '' : ','}${valueJson(element, redact) ?? 'null'}`;
  return `[${json}]`;
}

/** The place of a line in the chain of its writer. */
interface Place {
  /** The process that wrote the line: a random name of its own. */
  readonly writer: string;
  /** Number of the line among those of its writer, from 1. */
  readonly seq: number;
  /** `hash` of the line that the same writer wrote before; 64 zeros in its first line. */
  readonly prev: string;
  /** Fragments that this writer left in the file since its last line, because the disk cut a write off. */
  readonly torn: number;
}

/** The text between the body and the hash: with the body it is what is hashed. */
export function placeText({ writer, seq, prev, torn }: Place): string {
  const fragments = torn === 0 ? '' : `,"torn":${torn}`;
  return `${fragments},"writer":"${writer}","seq":${seq},"prev":"${prev}"`;
}

/** The end of a line, without its line feed. */
export function hashText(digest: string): string {
  return `,"hash":"${digest}"}`;
}

/** Lower-case hex SHA-256 of what is hashed. */
export function recordDigest(head: string | Uint8Array): string {
  return hash('sha256', head, 'hex');
}
