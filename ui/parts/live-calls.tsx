import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { isEvent } from '../../src/audit/query/call-cell.ts';
import type { LogRecord } from '../../src/audit/query/log-record.ts';
import type { Calls, Feed } from '../../src/ui/api.ts';
import { get, NotAViewer, openLines } from '../api.ts';
import { Loading } from './empty.tsx';
import { Decision, duration, number, reasonOf, Time } from './figures.tsx';

/** Calls that are shown at one time. */
const SHOWN = 40;
/** Milliseconds until a connection that ended is tried again. */
const PAUSE = 1000;

/** The newest calls, and each one as it ends. */
export function LiveCalls({ none }: { readonly none: ComponentChildren }) {
  const [calls, setCalls] = useState<readonly LogRecord[]>();
  const [skipped, setSkipped] = useState(0);
  useEffect(() => {
    const leaving = new AbortController();
    const follow = async (): Promise<void> => {
      while (!leaving.signal.aborted) {
        try {
          // It begins before the past is read: what ends in between is in both, and nothing in neither.
          const feed = await openLines<Feed>('feed', leaving.signal);
          const past = await get<Calls>('calls', leaving.signal);
          setCalls(past.calls.slice(0, SHOWN));
          for await (const news of feed) {
            setCalls((before = []) => withNews(before, news.calls));
            setSkipped(news.skipped);
          }
        } catch (error) {
          if (error instanceof NotAViewer) return;
        }
        await new Promise((resolve) => setTimeout(resolve, PAUSE));
      }
    };
    void follow();
    return () => leaving.abort();
  }, []);
  if (calls === undefined) return <Loading />;
  if (calls.length === 0) {
    return <>{none}</>;
  }
  return (
    <>
      <p class="note sampled" aria-hidden={skipped === 0}>
        {skipped > 0 && `Only some are shown: ${number(skipped)} more ended in this moment.`}
      </p>
      <ol class="feed">
        {calls.map((call, at) => (
          <li key={`${call.request_id}${call.timestamp}${call.request_id === '' ? at : ''}`}>
            <a href={call.request_id === '' ? '#/calls' : `#/calls?request=${encodeURIComponent(call.request_id)}`}>
              {isEvent(call) ? <span class="badge">event</span> : <Decision call={call} />}
              <span class="what" title={`${call.server ?? call.operation} / ${call.tool ?? ''}`}>
                <bdi class="from">{call.server ?? call.operation}</bdi>
                {call.server !== null && (
                  <>
                    <span class="sep">{isEvent(call) ? ':' : '/'}</span>
                    <bdi>{isEvent(call) ? call.operation.replaceAll('_', ' ') : (call.tool ?? call.operation)}</bdi>
                  </>
                )}
              </span>
              <span class="who">
                <bdi>{call.agent_id ?? ''}</bdi>
              </span>
              <span class="ms">{isEvent(call) ? '' : duration(call.latency_ms)}</span>
              <Time at={call.timestamp} />
              {reasonOf(call) !== '' && <span class="why">{reasonOf(call)}</span>}
            </a>
          </li>
        ))}
      </ol>
    </>
  );
}

function withNews(before: readonly LogRecord[], news: readonly LogRecord[]): readonly LogRecord[] {
  const known = new Set(before.map(nameOf));
  return [...news.filter((call) => !known.has(nameOf(call))), ...before].slice(0, SHOWN);
}

/** Events have no request; their time tells them apart. */
function nameOf({ request_id, operation, timestamp }: LogRecord): string {
  return `${request_id} ${operation} ${timestamp}`;
}
