import type { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';

/** What one line of a log turns out to be. */
export type LogLine =
  | {
      readonly kind: 'intact';
      readonly writer: string;
      readonly seq: number;
      readonly prev: string;
      readonly hash: string;
      readonly torn: number;
    }
  /** A record that does not match its own hash; the place that it claims, where it can be read. */
  | { readonly kind: 'changed'; readonly writer: string | undefined; readonly seq: number | undefined }
  /** JSON without a chain. */
  | { readonly kind: 'unchained' }
  /** No JSON object. */
  | { readonly kind: 'unreadable' };

const TAIL = /,"hash":"([0-9a-f]{64})"\}$/;
const TAIL_LENGTH = ',"hash":""}'.length + 64;

/** Reads one line (see line.ts for its form); undefined stands for a line that was too long to read. */
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
    return { kind: 'intact', writer, seq, prev, hash, torn: torn ?? 0 };
  }
  return { kind: 'changed', writer: isName(writer) ? writer : undefined, seq: isCount(seq) ? seq : undefined };
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
