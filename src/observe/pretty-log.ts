/** Log records for the person in front of the terminal. */
import { escapeText } from './escape-text.ts';

const COLOUR: Readonly<Record<string, string>> = { debug: '90', info: '32', warn: '33', error: '31' };
const OWN = new Set(['level', 'time', 'msg']);

/**
 * One JSON record as `12:34:56 warn  message  key=value`. Everything unprintable is escaped: half of what is logged was
 * written by somebody else.
 */
export function prettyLine(json: string, colours: boolean): string {
  const record = asRecord(json);
  if (record === undefined) return `${escapeText(json)}\n`;
  const level = String(record['level'] ?? 'info');
  const time = String(record['time'] ?? '').slice(11, 19);
  const painted = colours ? `\u001b[${COLOUR[level] ?? '0'}m${level.padEnd(5)}\u001b[0m` : level.padEnd(5);
  let line = `${time} ${painted} ${escapeText(String(record['msg'] ?? ''))}`;
  for (const [key, value] of Object.entries(record)) {
    if (!OWN.has(key)) line += ` ${escapeText(key)}=${show(key, value)}`;
  }
  return `${line}\n`;
}

function asRecord(json: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function show(key: string, value: unknown): string {
  if (typeof value === 'string') return /^[\w.:/@+-]+$/.test(value) ? value : escapeText(JSON.stringify(value));
  if (key === 'err' && typeof value === 'object' && value !== null && 'message' in value && !('stack' in value)) {
    return escapeText(JSON.stringify(value.message));
  }
  return escapeText(JSON.stringify(value));
}
