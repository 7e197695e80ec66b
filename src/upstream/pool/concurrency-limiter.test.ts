import { describe, expect, it } from 'vitest';
import { ConcurrencyLimiter, type Leave } from './concurrency-limiter.ts';

const now = (entered: Leave | Promise<Leave>): Leave => {
  if (entered instanceof Promise) throw new Error('It has to wait.');
  return entered;
};

describe('the limiter of a server', () => {
  it('leaves a place for others: no agent gets the last quarter', async () => {
    const limiter = new ConcurrencyLimiter('s', 4, 10);
    const places = [1, 2, 3].map(() => now(limiter.enter('a', 1000, undefined)));
    const fourth = limiter.enter('a', 1000, undefined);
    expect(fourth).toBeInstanceOf(Promise);
    now(limiter.enter('b', 1000, undefined));
    expect([limiter.active, limiter.waiting]).toEqual([4, 1]);
    places[0]?.();
    places[0]?.();
    (await fourth)();
    expect([limiter.active, limiter.waiting]).toEqual([3, 0]);
  });

  it('lets agents take turns, whoever came first with how many', async () => {
    const limiter = new ConcurrencyLimiter('s', 1, 100);
    const place = now(limiter.enter('z', 1000, undefined));
    const order: string[] = [];
    const enter = async (agent: string): Promise<void> => {
      const leave = await limiter.enter(agent, 1000, undefined);
      order.push(agent);
      leave();
    };
    const all = ['a', 'a', 'a', 'b', 'c', 'b'].map(enter);
    place();
    await Promise.all(all);
    expect(order).toEqual(['a', 'b', 'c', 'a', 'b', 'a']);
  });

  it('refuses what does not fit the queue, and says when to try again', async () => {
    const limiter = new ConcurrencyLimiter('s', 1, 4);
    const place = now(limiter.enter('a', 1000, undefined));
    const waiting = [1, 2, 3].map(() => limiter.enter('a', 1000, undefined));
    expect(() => limiter.enter('a', 1000, undefined)).toThrow(/this agent/);
    waiting.push(limiter.enter('b', 1000, undefined));
    try {
      void limiter.enter('c', 1000, undefined);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'RATE_LIMITED', data: { retryAfterMs: 1000 } });
    }
    place();
    await Promise.all(waiting.map(async (entered) => (await entered)()));
    expect([limiter.active, limiter.waiting]).toEqual([0, 0]);
  });

  it('forgets who waited too long or went away', async () => {
    const limiter = new ConcurrencyLimiter('s', 1, 4);
    const place = now(limiter.enter('a', 1000, undefined));
    const controller = new AbortController();
    const gone = limiter.enter('a', 1000, controller.signal);
    const late = limiter.enter('b', 1, undefined);
    controller.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    await expect(late).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    place();
    expect([limiter.active, limiter.waiting]).toEqual([0, 0]);
    now(limiter.enter('c', 1000, undefined))();
  });
});
