import type { LastHour } from '../../src/ui/api.ts';
import { counted, number } from './figures.tsx';

const HEIGHT = 64;
/** Of a bar and the gap behind it. */
const STEP = 10;

/** The calls of each minute of the last hour, with what of them was denied or failed. */
export function HourChart({ hour: { minutes, since } }: { readonly hour: LastHour }) {
  const peak = Math.max(...minutes.map(({ calls }) => calls));
  const most = Math.max(1, peak);
  const all = minutes.reduce((sum, { calls }) => sum + calls, 0);
  const height = (count: number): number => (count === 0 ? 0 : Math.max(1.5, (count / most) * HEIGHT));
  const isShort = Date.parse(since) > Date.now() - 3_500_000;
  return (
    <figure class="chart">
      <figcaption>
        Calls per minute
        <span class="legend">
          <span>
            <span class="key allow" /> let through
          </span>
          <span>
            <span class="key deny" /> denied
          </span>
          <span>
            <span class="key fail" /> failed
          </span>
        </span>
        <span class="peak">at most {number(peak)}</span>
      </figcaption>
      <svg
        viewBox={`0 0 ${minutes.length * STEP - 2} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`${counted(all, 'call')} in the last hour, at most ${peak} in a minute`}
      >
        {minutes.map(({ calls, denied, errors }, at) => {
          const [bad, failed] = [height(denied), height(errors)];
          const whole = Math.max(height(calls), bad + failed);
          const x = at * STEP;
          return (
            <g key={at}>
              <title>{`${60 - at} min ago: ${calls} calls, ${denied} denied, ${errors} failed`}</title>
              <rect class="back" x={x} y={0} width={STEP - 2} height={HEIGHT} />
              <rect class="allow" x={x} y={HEIGHT - whole} width={STEP - 2} height={whole - bad - failed} />
              <rect class="fail" x={x} y={HEIGHT - bad - failed} width={STEP - 2} height={failed} />
              <rect class="deny" x={x} y={HEIGHT - bad} width={STEP - 2} height={bad} />
            </g>
          );
        })}
      </svg>
      <p class="axis">
        <span>{isShort ? `counted since ${new Date(since).toLocaleTimeString()}` : 'an hour ago'}</span>
        <span>now</span>
      </p>
    </figure>
  );
}
