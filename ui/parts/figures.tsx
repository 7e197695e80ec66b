/** Small things that several views show: decisions, times, durations, numbers. */
import type { LogRecord } from '../../src/audit/query/log-record.ts';

const WORDS: Readonly<Record<string, string>> = { ALLOW: 'allowed', DENY: 'denied', ASK: 'asked', ERROR: 'failed' };

export const OUTCOME_WORDS = {
  ALLOW: 'allowed',
  ASK: 'a person is asked',
  DEPENDS: 'depends on arguments or access',
  DENY: 'denied',
  SHADOW: 'against the rules, not enforced',
} as const;

interface DecisionProps {
  readonly call: Pick<LogRecord, 'decision' | 'shadow'> & { readonly isOpen?: boolean };
}

export function Decision({ call: { decision, shadow, isOpen } }: DecisionProps) {
  if (isOpen === true) return <span class="badge open">open</span>;
  if (shadow !== undefined) return <span class="badge shadow">shadow</span>;
  return <span class={`badge ${decision.toLowerCase()}`}>{WORDS[decision] ?? decision}</span>;
}

/** A time of today as a time, others with their date; the whole of it on hover. */
export function Time({ at }: { readonly at: string }) {
  const date = new Date(at);
  const isToday = date.toDateString() === new Date().toDateString();
  const time = date.toLocaleTimeString(undefined, {
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
  const day = date.toLocaleDateString(undefined, { day: 'numeric', month: 'short' });
  return (
    <time dateTime={at} title={date.toLocaleString()}>
      {isToday ? time : `${day} ${time}`}
    </time>
  );
}

export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '';
  if (ms < 10) return `${ms.toPrecision(2)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.floor(ms / 60_000)} min`;
}

export function seconds(count: number): string {
  if (count < 60) return `${Math.round(count)} s`;
  if (count < 3600) return `${Math.floor(count / 60)} min`;
  if (count < 86_400) return `${Math.floor(count / 3600)} h`;
  return `${Math.floor(count / 86_400)} d`;
}

const compact = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

export function number(value: number): string {
  return compact.format(value);
}

/** `1 call`, `2 calls`. */
export function counted(count: number, noun: string, shown: (count: number) => string = String): string {
  return `${shown(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** The reason why a call was denied or failed. */
export function reasonOf({ decision, rule, error_code, shadow, detail, operation }: LogRecord): string {
  if (operation === 'refusals') return refusals(Number(detail?.['count']));
  if (shadow !== undefined) return `would be denied by ${rule ?? '?'}`;
  if (decision === 'DENY')
    return error_code === 'DENIED_BY_POLICY' ? (rule ?? '') : `${error_code ?? ''} ${rule ?? ''}`;
  return error_code ?? '';
}

function refusals(count: number): string {
  return count === 1 ? '1 more refusal' : `${count} refusals, recorded together`;
}

interface TileProps {
  readonly label: string;
  readonly value: string;
  readonly note?: string;
  readonly tone?: 'bad' | 'good';
  readonly href?: string;
}

export function Tile({ label, value, note, tone, href }: TileProps) {
  const inner = (
    <>
      <span class="label">{label}</span>
      <strong class={tone}>{value}</strong>
      {note !== undefined && <span class="note">{note}</span>}
    </>
  );
  return href === undefined ? (
    <div class="tile">{inner}</div>
  ) : (
    <a class="tile" href={href}>
      {inner}
    </a>
  );
}
