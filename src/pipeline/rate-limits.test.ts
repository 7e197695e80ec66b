import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Snapshot } from '../config/snapshot.ts';
import { GatewayError } from '../shared/errors.ts';
import { limitedRules as rules } from './limited-rules.ts';
import { createLimiter } from './rate-limits.ts';

function limiterAt(snapshot: Snapshot) {
  const clock = { now: 0, snapshot };
  const limiter = createLimiter(() => clock.now);
  /** The message of the refusal, or how to end the call. */
  const call = (bytes = 0, agent = 'dev', principal = 'ci') => {
    try {
      return limiter.admit(clock.snapshot, { principal, agent }, () => bytes) ?? 'free';
    } catch (error) {
      if (error instanceof GatewayError && error.code === 'RATE_LIMITED') return error.message;
      throw error;
    }
  };
  const passes = (bytes = 0, agent = 'dev'): boolean => {
    const result = call(bytes, agent);
    if (typeof result === 'function') result(() => 0);
    return typeof result === 'function' || result === 'free';
  };
  return { clock, call, passes };
}

it('nothing is counted where the rules have no limits', () => {
  expect(limiterAt(rules(undefined, undefined)).call()).toBe('free');
  expect(limiterAt(rules(undefined, { callsPerMinute: 1 })).call(0, 'ops')).toBe('free');
});

it('calls per minute: so many at once, then evenly; the time it names is enough, and not too long', () => {
  const { clock, call, passes } = limiterAt(rules({ callsPerMinute: 6 }, undefined));
  for (let at = 0; at < 6; at++) expect(passes()).toBe(true);
  expect(call()).toBe('This caller may make 6 calls per minute: try again in 10 s.');
  clock.now = 9_000;
  expect(call()).toBe('This caller may make 6 calls per minute: try again in 1 s.');
  clock.now = 10_000;
  expect(passes()).toBe(true);
  expect(passes()).toBe(false);
});

it('calls at a time: one more when one ends', () => {
  const { call, passes } = limiterAt(rules(undefined, { concurrentCalls: 2 }));
  const first = call();
  const second = call();
  expect(call()).toBe("Agent 'dev' has 2 calls running, as many as it may: try again in 1 s, or when one has ended.");
  expect(passes(0, 'ops')).toBe(true);
  if (typeof first === 'function') first(() => 0);
  expect(passes()).toBe(true);
  if (typeof second === 'function') second(() => 0);
});

it('bytes per hour: request and result count, and a result that was too much is paid back by waiting', () => {
  const { clock, call, passes } = limiterAt(rules({ bytesPerHour: 3_600 }, undefined));
  const first = call(600);
  if (typeof first !== 'function') throw new Error(String(first));
  first(() => 6_600);
  expect(call(0)).toBe('This caller may move 3600 bytes per hour: try again in 3600 s.');
  clock.now = 3_600_000;
  expect(passes(0)).toBe(true);
  expect(call(1)).toBe('This caller may move 3600 bytes per hour: try again in 1 s.');
  expect(call(3_601)).toContain('this request alone has more');
});

it('both are asked, and a refusal of one costs the other nothing', () => {
  const { clock, call, passes } = limiterAt(rules({ callsPerMinute: 2 }, { callsPerMinute: 1 }));
  expect(passes()).toBe(true);
  for (let at = 0; at < 5; at++) expect(call()).toContain("Agent 'dev'");
  expect(passes(0, 'ops')).toBe(true);
  expect(call(0, 'ops')).toContain('This caller');
  clock.now = 60_000;
  expect(passes()).toBe(true);
});

it('one principal cannot starve another', () => {
  const { call } = limiterAt(rules({ callsPerMinute: 1, concurrentCalls: 1 }, undefined));
  call();
  expect(typeof call()).toBe('string');
  expect(call(0, 'dev', 'someone else')).toBe('free');
});

it('a reload changes limits for what was used already', () => {
  const { clock, call, passes } = limiterAt(rules({ callsPerMinute: 10, concurrentCalls: 5 }, undefined));
  const running = call();
  clock.snapshot = rules({ callsPerMinute: 1, concurrentCalls: 1 }, undefined);
  expect(passes()).toBe(false);
  if (typeof running === 'function') running(() => 0);
  expect(passes()).toBe(true);
  expect(passes()).toBe(false);
  clock.snapshot = rules(undefined, undefined);
  expect(passes()).toBe(true);
});

it('never more than twice the limit in any minute, whatever the pace, and never less than the limit', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 50 }),
      fc.array(fc.integer({ min: 0, max: 5_000 }), { maxLength: 200 }),
      (limit, steps) => {
        const { clock, passes } = limiterAt(rules({ callsPerMinute: limit }, undefined));
        const passed: number[] = [];
        let refused = false;
        for (const step of steps) {
          clock.now += step;
          if (passes()) passed.push(clock.now);
          else {
            refused = true;
            expect(passed.filter((at) => at > clock.now - 60_000).length).toBeGreaterThanOrEqual(limit);
          }
        }
        for (const end of passed) {
          expect(passed.filter((at) => at > end - 60_000 && at <= end).length).toBeLessThanOrEqual(2 * limit);
        }
        if (passed.length + 0 < steps.length) expect(refused).toBe(true);
      },
    ),
  );
});
