import { describe, expect, it } from 'vitest';
import { GatewayError } from '../../shared/errors.ts';
import { parseRetryAfter, RetryAfter } from './retry-after.ts';

const NOW = 'Tue, 01 Dec 2026 10:00:00 GMT';

describe('Retry-After', () => {
  it.each<[string, string | undefined, string | undefined, number | undefined]>([
    ['seconds', '7', undefined, 7000],
    ['seconds among spaces', ' 7 ', undefined, 7000],
    ['a date, by the clock of the server', 'Tue, 01 Dec 2026 10:00:30 GMT', NOW, 30_000],
    ['a date that is over', 'Tue, 01 Dec 2026 09:00:00 GMT', NOW, 0],
    ['five minutes at most', '86400', undefined, 300_000],
    ['five minutes at most, as a date', 'Wed, 02 Dec 2026 10:00:00 GMT', NOW, 300_000],
    ['nothing', undefined, NOW, undefined],
    ['something else', 'soon', NOW, undefined],
    ['a negative number', '-1x', NOW, undefined],
  ])('may be %s', (_what, value, date, expected) => {
    expect(parseRetryAfter(value, date)).toBe(expected);
  });

  it('as a date without a clock of the server is compared with ours', () => {
    const inAMinute = new Date(Date.now() + 60_000).toUTCString();
    const ms = parseRetryAfter(inAMinute, 'no date') ?? 0;
    expect(ms).toBeGreaterThan(0);
    expect(ms).toBeLessThanOrEqual(60_000);
  });
});

describe('a server that rests', () => {
  const refusal = (retryAfterMs: unknown) => new GatewayError('RATE_LIMITED', 'x', { data: { retryAfterMs } });

  it('gets no request until it is over', () => {
    let now = 100;
    const retryAfter = new RetryAfter('s', () => now);
    retryAfter.check();
    retryAfter.noteRefusal(refusal(2000));
    now += 500;
    expect(() => retryAfter.check()).toThrow(
      expect.objectContaining({
        code: 'RATE_LIMITED',
        message: 'Server "s" asked to be left alone; the call was not sent. Try again in 1.5 s.',
        data: { retryAfterMs: 1500, withoutEffect: true },
      }),
    );
    now += 1500;
    retryAfter.check();
  });

  it.each([0, undefined, '5'])('is none that asks for %j', (ms) => {
    const retryAfter = new RetryAfter('s', () => 0);
    retryAfter.noteRefusal(refusal(ms));
    retryAfter.check();
  });
});
