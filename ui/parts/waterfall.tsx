import type { RequestRecords } from '../../src/ui/api.ts';
import { duration, Time } from './figures.tsx';

interface Step {
  readonly name: string;
  readonly kind: 'gate' | 'people' | 'queue' | 'serve';
  /** Milliseconds after the call arrived. */
  readonly from: number;
  readonly ms: number;
}

/** The parts of one call, one after the other, as far as its records have them. */
export function Waterfall({ records }: { readonly records: RequestRecords }) {
  const ended = records.find(({ phase, latency_ms }) => phase === 'finished' && latency_ms > 0);
  if (ended === undefined) return <p class="note">Its end is not recorded: it runs, or its gateway was killed.</p>;
  const steps = stepsOf(records);
  const total = Math.max(ended.latency_ms, 0.001);
  const events = records.filter(({ operation }) => operation.startsWith('approval_'));
  return (
    <div class="waterfall">
      <table>
        <caption class="hidden">The parts of the time that it took</caption>
        <tbody>
          {steps.map(({ name, kind, from, ms }) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td class="track" aria-hidden="true">
                <span
                  class={`bar ${kind}`}
                  style={{ marginLeft: `${(from / total) * 100}%`, width: `${(ms / total) * 100}%` }}
                />
              </td>
              <td class="number">{duration(ms)}</td>
            </tr>
          ))}
          <tr class="sum">
            <th scope="row">Altogether</th>
            <td class="track" />
            <td class="number">{duration(total)}</td>
          </tr>
        </tbody>
      </table>
      {events.length > 0 && (
        <ul class="note">
          {events.map(({ operation, timestamp, detail }) => (
            <li key={`${operation}${timestamp}`}>
              <Time at={timestamp} /> {operation.replace('approval_', 'approval ')}
              {typeof detail?.['who'] === 'string' && ` by ${detail['who']}`}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

/** The time of the gateway, before and after the server, is what is left of the whole. */
function stepsOf(records: RequestRecords): Step[] {
  const decided = records.find(({ phase }) => phase === 'decided');
  const ended = records.find(({ phase, latency_ms }) => phase === 'finished' && latency_ms > 0);
  const total = ended?.latency_ms ?? 0;
  const { queue_ms: queue, server_ms: server, people_ms: people = 0 } = ended ?? {};
  const rest = Math.max(0, total - people - (queue ?? 0) - (server ?? 0));
  const before = Math.min(decided?.latency_ms ?? rest, server === undefined ? total : rest);
  const parts: readonly (readonly [string, Step['kind'], number])[] = [
    ['Decided and recorded', 'gate', before],
    ['Asked people', 'people', people],
    ['Waited for its turn', 'queue', queue ?? 0],
    ['The server', 'serve', server ?? 0],
    [server === undefined ? 'The rest' : 'Checked, recorded and answered', 'gate', Math.max(0, rest - before)],
  ];
  let from = 0;
  return parts.flatMap(([name, kind, ms]) => {
    const step = { name, kind, from, ms };
    from += ms;
    return ms > 0 ? [step] : [];
  });
}
