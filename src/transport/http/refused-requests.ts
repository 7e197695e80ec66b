/** HTTP requests that nobody may make: counted, recorded (repeated ones as one record), and told once in a while. */
import { eventRecord } from '../../audit/event-record.ts';
import type { PipelineDependencies } from '../../pipeline/dependencies.ts';

/** The reason why a request was refused before anybody looked at what it asks for. */
export type RefusedFor = 'credential' | 'scope' | 'host' | 'origin';

/** Milliseconds between two lines of the log about the same. */
const TELL_AGAIN_MS = 60_000;

/** @param now milliseconds of a clock that only goes forward */
export function createRefusals(
  { audit, log, metrics }: Pick<PipelineDependencies, 'audit' | 'log' | 'metrics'>,
  now: () => number = () => performance.now(),
): (reason: RefusedFor, address: string | undefined) => void {
  const counter = metrics.counter(
    'refused_requests_total',
    'HTTP requests refused for their credential, its scope, their Host or their Origin.',
    ['reason'],
  );
  for (const reason of ['credential', 'scope', 'host', 'origin']) counter.inc({ reason }, 0);
  const told = new Map<RefusedFor, { at: number; untold: number }>();
  return (reason, address) => {
    counter.inc({ reason });
    audit
      .refuse(
        eventRecord({
          operation: 'http_request',
          decision: 'DENY',
          error_code: 'INVALID_REQUEST',
          detail: { refused_for: reason, address: address ?? '' },
        }),
      )
      ?.catch(() => {});
    const last = told.get(reason);
    if (last !== undefined && now() - last.at < TELL_AGAIN_MS) {
      last.untold++;
      return;
    }
    told.set(reason, { at: now(), untold: 0 });
    const since = last === undefined || last.untold === 0 ? {} : { since_last_line: last.untold };
    log.warn({ address, ...since }, `an HTTP request was refused: ${SENTENCES[reason]}`);
  };
}

const SENTENCES: Readonly<Record<RefusedFor, string>> = {
  credential: 'its token is missing or wrong',
  scope: 'its token grants no agent',
  host: 'its Host is not allowed',
  origin: 'its Origin is not allowed',
};
