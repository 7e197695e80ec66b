import { expect, it } from 'vitest';
import { createThrottle } from './throttle.ts';

function throttleAt(clock: { now: number }, addresses = 100) {
  return createThrottle({ burst: 3, forgetMs: 3_000, addresses, now: () => clock.now });
}

it('lets some refusals pass and says then how long to wait', () => {
  const clock = { now: 0 };
  const { refused } = throttleAt(clock);
  expect([1, 2, 3, 4, 5].map(() => refused('192.0.2.1'))).toEqual([0, 0, 0, 1000, 1000]);
  expect(refused('192.0.2.2')).toBe(0);
  clock.now = 1000;
  expect(refused('192.0.2.1')).toBe(0);
  expect(refused('192.0.2.1')).toBe(1000);
});

it('counts a /64 and a wrapped IPv4 address as one', () => {
  const { refused } = throttleAt({ now: 0 });
  for (const address of ['2001:db8::1', '2001:db8:0:0:1::2', '2001:db8:0:0:ffff:ffff:ffff:ffff']) {
    expect(refused(address)).toBe(0);
  }
  expect(refused('2001:db8::3')).toBe(1000);
  expect(refused('2001:db8:0:1::3')).toBe(0);
  for (const address of ['192.0.2.1', '::ffff:192.0.2.1', '::FFFF:192.0.2.1']) expect(refused(address)).toBe(0);
  expect(refused('192.0.2.1')).toBe(1000);
});

it('keeps a bounded number of addresses and forgets those seen longest ago', () => {
  const { refused } = throttleAt({ now: 0 }, 2);
  for (let at = 0; at < 3; at++) refused('192.0.2.1');
  expect(refused('192.0.2.1')).toBe(1000);
  refused('192.0.2.2');
  refused('192.0.2.3');
  expect(refused('192.0.2.1')).toBe(0);
});
