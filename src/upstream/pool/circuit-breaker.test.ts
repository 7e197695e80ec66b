import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CircuitBreaker } from './circuit-breaker.ts';

let heardAt = 0;
let alive = false;
let pings = 0;
let breaker: CircuitBreaker;
const events: string[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  events.length = 0;
  heardAt = performance.now() - 10;
  pings = 0;
  alive = false;
  breaker = new CircuitBreaker({
    server: 's',
    heardAt: () => heardAt,
    ping: async () => {
      pings++;
      return alive;
    },
    onOpen: () => events.push('opened'),
    onSilence: () => events.push('silent'),
    onRecovery: () => events.push('recovered'),
  });
});

afterEach(() => {
  breaker.stop();
  vi.useRealTimers();
});

const timeOut = async (times: number): Promise<void> => {
  for (let time = 0; time < times; time++) breaker.countTimeout(performance.now());
  await vi.advanceTimersByTimeAsync(0);
};

describe('the breaker', () => {
  it('opens after three time-outs only if the server is silent when it is asked', async () => {
    await timeOut(2);
    expect(pings).toBe(0);
    alive = true;
    await timeOut(1);
    expect([pings, breaker.refusal()]).toEqual([1, undefined]);
    alive = false;
    await timeOut(3);
    expect(breaker.refusal()).toMatchObject({ code: 'SERVER_UNAVAILABLE', data: { retryAfterMs: 1000 } });
    expect(events).toEqual(['opened']);
  });

  it('does not count time-outs between which the server spoke', async () => {
    for (let time = 0; time < 10; time++) {
      const sentAt = performance.now() - 5;
      heardAt = performance.now();
      breaker.countTimeout(sentAt);
    }
    await timeOut(0);
    expect(pings).toBe(0);
  });

  it('asks again, less and less often, and closes by itself', async () => {
    await timeOut(3);
    await vi.advanceTimersByTimeAsync(7000);
    expect(pings).toBe(4);
    alive = true;
    await vi.advanceTimersByTimeAsync(8000);
    expect(breaker.refusal()).toBeUndefined();
    expect(events).toEqual(['opened', 'silent', 'silent', 'silent', 'recovered']);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(pings).toBe(5);
  });
});
