import type { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';

/** One line of a log, as it turns out to be. */
export type LogLine =
  | {
      readonly kind: 'intact';
      readonly writer: string;
      readonly seq: number;
      readonly prev: string;
      readonly hash: string;
      readonly torn: number;
      /** The content of a record of the log itself; undefined for all others. */
      readonly continued?: Continued;
      readonly pruned?: Pruned;
    }
  /** A record that does not match its own hash; the place that it claims, where it can be read. */
  | { readonly kind: 'changed'; readonly writer: string | undefined; readonly seq: number | undefined }
  /** JSON without a chain. */
  | { readonly kind: 'unchained' }
  /** No JSON object. */
  | { readonly kind: 'unreadable' };

/** The reason why a writer goes on in another file, or in one that begins anew. */
interface Continued {
  readonly reason: string;
  /** The file before, where it is known. */
  readonly after: string | undefined;
  readonly at: string;
}

/** A file that the gateway removed. */
export interface Pruned {
  readonly number: number;
  /** The last record of each writer until then. */
  readonly last: ReadonlyMap<string, number>;
  /** Writers that are not named any more. */
  readonly forgotten: number;
}

const TAIL = /,"hash":"([0-9a-f]{64})"\}$/;
const TAIL_LENGTH = ',"hash":""}'.length + 64;

/** Reads one line (see record-line.ts for its form); undefined stands for a line that was too long to read. */
export function parseLine(bytes: Buffer | undefined): LogLine {
  if (bytes === undefined) return { kind: 'unreadable' };
  const head = Math.max(0, bytes.length - TAIL_LENGTH);
  const record = parseObject(bytes.toString('utf8'));
  if (record === undefined) return { kind: 'unreadable' };
  if (!['writer', 'seq', 'prev', 'hash'].some((key) => Object.hasOwn(record, key))) return { kind: 'unchained' };
  const { writer, seq, prev, torn } = record;
  const hash = TAIL.exec(bytes.toString('latin1', head))?.[1];
  const whole = hash !== undefined && createHash('sha256').update(bytes.subarray(0, head)).digest('hex') === hash;
  if (whole && isName(writer) && isCount(seq) && isName(prev) && (torn === undefined || isCount(torn))) {
    return { kind: 'intact', writer, seq, prev, hash, torn: torn ?? 0, ...aboutLog(record) };
  }
  return { kind: 'changed', writer: isName(writer) ? writer : undefined, seq: isCount(seq) ? seq : undefined };
}

function aboutLog({ operation, detail, timestamp }: Record<string, unknown>): {
  continued?: Continued;
  pruned?: Pruned;
} {
  if (!isObject(detail)) return {};
  if (operation === 'log_continued') {
    const { reason, after } = detail;
    const at = String(timestamp);
    return { continued: { reason: String(reason), after: typeof after === 'string' ? after : undefined, at } };
  }
  if (operation !== 'log_pruned' || !isCount(detail['number']) || !isObject(detail['last'])) return {};
  const last = Object.entries(detail['last']).filter((entry): entry is [string, number] => isCount(entry[1]));
  const { forgotten } = detail;
  return { pruned: { number: detail['number'], last: new Map(last), forgotten: isCount(forgotten) ? forgotten : 0 } };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= 64;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}
