/** How many replicas and shards of a store so many callers need, by measured costs: the first ones that stay below a bound. */
import { simulate } from './simulate.mjs';

/** The part of their time that replicas and shards may work: more, and calls wait for each other. */
export const MOST_USE = 0.6;
/** Calls that are simulated of each row. */
const CALLS = 200_000;

/**
 * @param costs as in costs.json
 * @param {object} crowd
 * @param {number} crowd.callers
 * @param {number} crowd.everySeconds that a caller makes a call
 * @param {boolean} crowd.usesStore
 */
export function plan(costs, { callers, everySeconds, usesStore }) {
  const perSecond = callers / everySeconds;
  const callMs = usesStore ? costs.callMsWithStore : costs.callMs;
  const opsPerCall = usesStore ? Math.round(costs.opsPerCall) : 0;
  const replicas = Math.max(2, Math.ceil((perSecond * callMs) / 1000 / MOST_USE));
  const shards = Math.max(1, Math.ceil((perSecond * opsPerCall * costs.opMs) / 1000 / MOST_USE));
  const seconds = Math.max(2, CALLS / perSecond);
  const found = simulate({
    ...{ replicas, shards, perSecond, seconds, callMs, opsPerCall, opMs: costs.opMs, rttMs: costs.rttMs },
  });
  return { callers, everySeconds, perSecond, replicas, shards: usesStore ? shards : 0, ...found };
}
