import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Canceller } from '../shared/cancel.ts';
import { type SharedStore, storeScript } from '../store/shared-store.ts';
import { HAS_REDIS, openTestStore, startRedis, type TestRedis } from '../store/testing.ts';
import type { Question } from './question.ts';
import { StoreQuestions } from './store-questions.ts';
import { asked, newApprovals, OWNER } from './testing.ts';

const KEY = randomBytes(32);
let redis: TestRedis;
let stores: SharedStore[] = [];

beforeEach(async () => {
  if (!HAS_REDIS) return;
  redis = await startRedis();
  stores = await Promise.all([1, 2, 3].map(() => openTestStore(redis.url)));
});
afterEach(async () => {
  await Promise.all(stores.map((store) => store.close()));
  await redis?.stop();
});

const replicas = () => stores.map((store) => newApprovals({ questions: new StoreQuestions(store, [KEY]) }).approvals);
const dump = storeScript("return { redis.call('HGETALL', KEYS[1]), redis.call('HGETALL', KEYS[2]) }");
const move = storeScript("return redis.call('HSET', KEYS[1], ARGV[1], redis.call('HVALS', KEYS[1])[1])");

describe.runIf(HAS_REDIS)('questions at a store', () => {
  test('are asked once, answered once, and used once, by whichever gateway', async () => {
    const [one, two, three] = replicas();
    if (one === undefined || two === undefined || three === undefined) throw new Error('three');
    const questions = await Promise.all([one, two, three].map((each) => each.ask(asked())));
    expect(new Set(questions.map(({ id }) => id)).size).toBe(1);
    const [question] = questions as [Question];
    const waiting = three.wait(question, 20_000, new Canceller().signal);
    expect(await three.open.waiting()).toHaveLength(1);
    const said = await Promise.all(
      [one, two, three, one].map((each) => each.answer(question.id, { word: 'hour' }, OWNER)),
    );
    expect(said.sort()).toEqual(['answered', 'answered', 'answered', 'taken']);
    expect(await waiting).toBe('answered');
    const used = await Promise.all([one, two, three, two].map((each) => each.use(question)));
    expect(used.filter(Boolean)).toHaveLength(1);
    expect(await three.answerTo(question)).toBeUndefined();
    expect(await two.isGranted(asked().bound)).toBe(true);
    expect(await two.isGranted(asked({ agent: 'other' }).bound)).toBe(false);
  });

  test('are bounded for each principal, over all gateways', async () => {
    const limited = stores.map(
      (store) => newApprovals({ questions: new StoreQuestions(store, [KEY]), most: 3 }).approvals,
    );
    const asking = Array.from({ length: 9 }, (_, n) => limited[n % 3]?.ask(asked({ arguments: `a${n}` })));
    const outcomes = await Promise.allSettled(asking);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  });

  test('that are over are told once', async () => {
    const [one] = replicas();
    await one?.ask(asked({}, { timeoutMs: 0 }));
    const swept = await Promise.all(stores.map((store) => new StoreQuestions(store, [KEY]).sweep()));
    expect(swept.flat()).toHaveLength(1);
  });

  test('say nothing to the store, and are not taken from another place or key', async () => {
    const [one] = replicas();
    const question = await one?.ask(asked({ name: 'secret_name' }));
    const store = stores[0] as SharedStore;
    expect(JSON.stringify(await store.run(dump, ['questions', 'answers'], []))).not.toMatch(
      /secret_name|alice|researcher/,
    );
    await store.run(move, ['questions'], [`x.y.${'0'.repeat(32)}`]);
    expect(await new StoreQuestions(store, [KEY]).questions()).toHaveLength(1);
    expect(await new StoreQuestions(store, [randomBytes(32)]).questions()).toHaveLength(0);
    expect(await new StoreQuestions(store, [randomBytes(32), KEY]).find(question?.id ?? '')).toEqual(question);
  });

  test('cannot be asked while the store is away, and the caller is told', async () => {
    const [one] = replicas();
    await redis.stop();
    await expect(one?.ask(asked())).rejects.toThrow(expect.objectContaining({ code: 'STORE_UNAVAILABLE' }));
  });
});
