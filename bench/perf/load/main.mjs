/**
 * The load generator, a process of its own that is told over IPC what to measure. Closed loop: each connection sends its next
 * request when it has read the answer to the one before.
 */
import { cpuMs } from '../processes.mjs';
import { createCaller, MARK } from './caller.mjs';
import { callParams, checkAnswer, requestOf } from './requests.mjs';

/** Calls that are slow because they are large compile what they need with fewer. */
const LONGEST_WARM_MS = 6000;
/** A round goes on until it has seen so many. */
const LEAST_CALLS = 20;

let numbers = 100_000_000;
const open = new Map();

/** Connections are kept from one measurement of a target to the next. */
function callersOf(key, target, concurrency, failed) {
  const known = open.get(key);
  if (known !== undefined) return known;
  const made = [];
  for (let at = 0; at < concurrency; at++) {
    const session = target.sessions?.[at % target.sessions.length];
    const request = requestOf({ ...target, session }, 'tools/call', callParams(target), MARK);
    const next = () => ++numbers;
    const caller = createCaller({
      port: Number(new URL(target.url).port),
      request,
      check: checkAnswer(target.size),
      next,
      failed,
    });
    made.push(caller);
  }
  open.set(key, made);
  return made;
}

function measure({ key, target, concurrency, warmMs, warmCalls, measureMs, pids }) {
  return new Promise((resolve, reject) => {
    const callers = callersOf(key, target, concurrency, reject);
    let latencies = new Float64Array(1 << 16);
    let count = 0;
    let phase = 'warm';
    let warmed = 0;
    let running = 0;
    let began = 0;
    let cpuBefore = 0;
    let calls = 0;
    let elapsed = 0;
    let cpu = 0;

    const loop = (caller) => {
      const sent = performance.now();
      caller.call(() => {
        if (phase === 'measure') {
          if (count === latencies.length) {
            const grown = new Float64Array(count * 2);
            grown.set(latencies);
            latencies = grown;
          }
          latencies[count++] = performance.now() - sent;
        }
        if (phase === 'warm') warmed++;
        if (phase !== 'over') loop(caller);
        else if (--running === 0) {
          const sorted = latencies.subarray(0, count).sort();
          const at = (share) => sorted[Math.min(count - 1, Math.floor(count * share))];
          resolve({
            calls,
            perSecond: (calls / elapsed) * 1000,
            p50Ms: at(0.5),
            p99Ms: at(0.99),
            cpuUs: (cpu / calls) * 1000,
          });
        }
      });
    };
    for (const caller of callers) {
      running++;
      loop(caller);
    }
    const warmUntil = performance.now() + LONGEST_WARM_MS;
    const begin = () => {
      if (warmed < warmCalls && performance.now() < warmUntil) {
        setTimeout(begin, warmMs);
        return;
      }
      cpuBefore = cpuMs(pids);
      began = performance.now();
      phase = 'measure';
      const end = () => {
        if (count < LEAST_CALLS) {
          setTimeout(end, measureMs);
          return;
        }
        elapsed = performance.now() - began;
        cpu = cpuMs(pids) - cpuBefore;
        calls = count;
        phase = 'over';
      };
      setTimeout(end, measureMs);
    };
    setTimeout(begin, warmMs);
  });
}

process.on('message', (job) => {
  measure(job).then(
    (result) => process.send({ result }),
    (error) => process.send({ error: error.message }),
  );
});
process.on('disconnect', () => process.exit(0));
