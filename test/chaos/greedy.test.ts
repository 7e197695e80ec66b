import { constants, setPriority } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { beGreedy, serveBoth } from '../support/greedy.ts';
import { beModest } from './modest.ts';
import { FULL, memoryOf, printTable, quantile, record } from './support.ts';

afterAll(printTable);

/** Milliseconds that the modest caller may wait. */
const MOST_MS = 100;
const SECONDS = 60;

// What it asserts needs a machine that does nothing else; test/transport/greedy.test.ts shows everywhere that all are answered.
test.runIf(FULL)(
  'a greedy caller with greedy servers, a heap of 1 GiB: a modest caller never waits, nothing is aborted',
  async () => {
    const gateway = await serveBoth();
    const { pid } = gateway.running;
    await (await gateway.open()).call('tools/list', {});
    const alone = beModest(gateway);
    await pause(5000);
    const quiet = await alone();

    const beside = beModest(gateway);
    // Like its servers, the greedy caller stands for a program on another machine: what it computes takes nothing from the gateway.
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
    const greed = await beGreedy(gateway, 10);
    let most = 0;
    for (let second = 0; second < SECONDS; second++) {
      await pause(1000);
      most = Math.max(most, memoryOf(pid));
    }
    const loud = await beside();
    const { rounds } = greed;
    await greed.stop();
    await gateway.stop();

    const of = (times: readonly number[]): string =>
      [0.5, 0.99, 1].map((q) => quantile(times, q).toFixed(1)).join(' / ');
    record('greed', 'calls of the modest one, alone / beside', '', `${quiet.times.length} / ${loud.times.length}`);
    record('greed', 'p50 / p99 / longest alone ms', '', of(quiet.times));
    record('greed', 'p50 / p99 / longest beside ms', `longest < ${MOST_MS}`, of(loud.times));
    record('greed', 'calls over 100 ms', '0', loud.times.filter((ms) => ms > MOST_MS).length);
    record('greed', 'everything was done, times', '>= 1', rounds);
    record('greed', 'resident memory, most MiB', '< 1024', most);
    expect([...quiet.wrong, ...loud.wrong]).toEqual([]);
    expect(rounds).toBeGreaterThanOrEqual(1);
    expect(most).toBeLessThan(1024);
    expect(Math.max(...loud.times)).toBeLessThan(MOST_MS);
  },
  180_000,
);
