/** One record of a log as it was read back. */
import { Buffer } from 'node:buffer';
import type { AuditRecord } from '../audit-record.ts';

/** The fields of `AuditRecord` with the time, ISO 8601. What an older version did not write is null. */
export interface LogRecord extends Omit<AuditRecord, 'decision' | 'shadow'> {
  readonly timestamp: string;
  readonly decision: string;
  readonly shadow?: string;
}

/** `{"timestamp":"` and the time behind it. */
const TIME_FROM = 14;
const TIME_TO = TIME_FROM + '2026-01-01T00:00:00.000Z'.length;

/** The time of a line that a gateway wrote, without reading the rest of it. */
export function timeOf(line: Buffer): string {
  return line.toString('latin1', TIME_FROM, TIME_TO);
}

const REQUEST = Buffer.from('"request_id":"');
const DECIDED = Buffer.from('"phase":"decided"');

/** The request that a line is the first record of, without reading the rest of it; undefined for all other lines. */
export function requestDecided(line: Buffer): string | undefined {
  if (!line.includes(DECIDED)) return undefined;
  const from = line.indexOf(REQUEST) + REQUEST.length;
  return line.toString('latin1', from, line.indexOf(QUOTE, from));
}

const QUOTE = 0x22;

/** @returns undefined for a line that is no record */
export function readRecord(line: Buffer): LogRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line.toString('utf8'));
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  const text = (key: string): string => (typeof fields[key] === 'string' ? fields[key] : '');
  const name = (key: string): string | null => (typeof fields[key] === 'string' ? fields[key] : null);
  if (text('timestamp') === '' || text('operation') === '') return undefined;
  const { latency_ms: ms, detail, shadow } = fields;
  const part = (key: 'queue_ms' | 'server_ms' | 'people_ms' | 'tokens'): object =>
    typeof fields[key] === 'number' ? { [key]: fields[key] } : {};
  return {
    timestamp: text('timestamp'),
    operation: text('operation'),
    phase: text('phase') === 'decided' ? 'decided' : 'finished',
    decision: text('decision'),
    request_id: text('request_id'),
    principal: text('principal'),
    claimed_agent: name('claimed_agent'),
    agent_id: name('agent_id'),
    assurance: text('assurance'),
    server: name('server'),
    tool: name('tool'),
    rule: name('rule'),
    ...(typeof shadow === 'string' ? { shadow } : {}),
    error_code: name('error_code'),
    latency_ms: typeof ms === 'number' ? ms : 0,
    ...part('queue_ms'),
    ...part('server_ms'),
    ...part('people_ms'),
    ...part('tokens'),
    ...(typeof detail === 'object' && detail !== null ? { detail: detail as Record<string, unknown> } : {}),
  };
}
