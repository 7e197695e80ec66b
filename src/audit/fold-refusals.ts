/**
 * Folds repeated refusals into one record with a count, so that who is refused cannot fill the log. The first ones of a principal
 * are recorded one by one; of further ones only the number is written, once a second.
 */
import { type Bucket, fullBucket, msUntil, refilled } from '../shared/token-bucket.ts';
import type { AuditRecord, AuditSink } from './audit-record.ts';
import { addTally, addTo, createTally, type Tally, tallyDetail } from './refusal-tally.ts';

export interface FoldLimits {
  /** Refusals of one principal that are recorded one by one at once, and the milliseconds after which they may be again. */
  readonly burst: number;
  readonly refillMs: number;
  /** Milliseconds in which refusals are counted before the count is written: what a killed process loses. */
  readonly windowMs: number;
  /** Principals that are kept apart; the rest is counted together. */
  readonly principals: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly now: () => number;
}

export const FOLD_LIMITS: FoldLimits = {
  burst: 20,
  refillMs: 200_000,
  windowMs: 1000,
  principals: 1000,
  now: () => performance.now(),
};

/** Refusals that were counted and not written yet. */
interface Fold {
  readonly principal: string;
  count: number;
  readonly first: string;
  last: string;
  readonly codes: Map<string, number>;
  readonly about: Tally;
  /** The agent of all of them; null where they have several. */
  agent: string | null;
  /** The first of them. */
  readonly example: AuditRecord;
}

interface Offender {
  readonly name: string;
  bucket: Bucket;
  fold: Fold | undefined;
}

/** The name under which principals are counted for which there is no room. */
const OTHERS = '(others)';
/** Error codes in one record; there are fewer in the catalogue that a refusal can have. */
const MAX_CODES = 24;

/** Takes refusals for a log. `close` writes what was counted; the log itself is closed by whoever opened it. */
export function foldRefusals(
  sink: Pick<AuditSink, 'append'>,
  limits: FoldLimits = FOLD_LIMITS,
): Pick<AuditSink, 'refuse'> & { flush(): void } {
  const { burst, refillMs, windowMs, now } = limits;
  const offenders = new Map<string, Offender>();
  let timer: NodeJS.Timeout | undefined;

  const offenderOf = (principal: string): Offender => {
    const known = offenders.get(principal);
    if (known !== undefined) return known;
    if (offenders.size >= limits.principals) forgetIdle();
    const name = offenders.size >= limits.principals ? OTHERS : principal;
    const offender = offenders.get(name) ?? { name, bucket: fullBucket(burst, now()), fold: undefined };
    offenders.set(name, offender);
    return offender;
  };

  const forgetIdle = (): void => {
    for (const [name, { bucket, fold }] of offenders) {
      if (fold === undefined && refilled(bucket, burst, refillMs, now()).level >= burst) offenders.delete(name);
    }
  };

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    for (const offender of offenders.values()) {
      const { fold } = offender;
      if (fold === undefined) continue;
      offender.fold = undefined;
      sink.append(recordOf(fold))?.catch(() => keep(offender, fold));
    }
  };

  /** Keeps what could not be written: it is counted on, and written once it can be. */
  const keep = (offender: Offender, fold: Fold): void => {
    const newer = offender.fold;
    if (newer !== undefined) {
      fold.count += newer.count;
      fold.last = newer.last;
      for (const [code, count] of newer.codes) fold.codes.set(code, (fold.codes.get(code) ?? 0) + count);
      addTally(fold.about, newer.about);
      if (newer.agent !== fold.agent) fold.agent = null;
    }
    offender.fold = fold;
    timer ??= setTimeout(flush, windowMs).unref();
  };

  return {
    flush,
    refuse(record) {
      const offender = offenderOf(record.principal);
      const at = now();
      offender.bucket = refilled(offender.bucket, burst, refillMs, at);
      if (offender.fold === undefined && msUntil(offender.bucket, 1, burst, refillMs) === 0) {
        offender.bucket = { level: offender.bucket.level - 1, at };
        return sink.append(record);
      }
      offender.fold = counted(offender, record);
      timer ??= setTimeout(flush, windowMs).unref();
      return undefined;
    },
  };
}

/** The count of an offender, with one more. */
function counted({ fold, name }: Offender, record: AuditRecord): Fold {
  const time = new Date().toISOString();
  const counts: Fold = fold ?? {
    principal: name,
    count: 0,
    first: time,
    last: time,
    codes: new Map(),
    about: createTally(),
    agent: record.agent_id,
    example: record,
  };
  const { codes } = counts;
  const code = record.error_code ?? 'none';
  if (codes.has(code) || codes.size < MAX_CODES) codes.set(code, (codes.get(code) ?? 0) + 1);
  counts.count++;
  counts.last = time;
  if (counts.agent !== record.agent_id) counts.agent = null;
  addTo(counts.about, record);
  return counts;
}

function recordOf({ principal, count, first, last, codes, about, agent, example }: Fold): AuditRecord {
  const only = codes.size === 1 ? [...codes.keys()][0] : undefined;
  return {
    ...example,
    operation: 'refusals',
    decision: 'DENY',
    request_id: '',
    principal,
    claimed_agent: null,
    agent_id: agent,
    server: null,
    tool: null,
    rule: null,
    error_code: only ?? null,
    latency_ms: 0,
    detail: { count, first, last, codes: Object.fromEntries(codes), ...tallyDetail(about) },
  };
}
