import fc from 'fast-check';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createProgressHeartbeat } from './progress-heartbeat.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const progressIn = (params: string): number => (JSON.parse(`{${params}}`) as { progress: number }).progress;

it('says nothing of calls that are short, or whose server says something', () => {
  const tell = vi.fn();
  const heart = createProgressHeartbeat();
  const short = heart.begin(tell);
  vi.advanceTimersByTime(29_000);
  short.end();
  const busy = heart.begin(tell);
  for (let at = 1; at <= 20; at++) {
    vi.advanceTimersByTime(20_000);
    busy.heard(`"progress":${at}`);
  }
  expect(tell.mock.calls.map(([params]) => params as string)).toEqual(
    Array.from({ length: 20 }, (_, at) => `"progress":${at + 1}`),
  );
});

it('tells the caller of a silent server at least every 40 s, until the call is over', () => {
  const tell = vi.fn();
  const beat = createProgressHeartbeat().begin(tell);
  for (let told = 1; told <= 15; told++) {
    vi.advanceTimersByTime(40_000);
    expect(tell.mock.calls.length).toBeGreaterThanOrEqual(told);
  }
  beat.end();
  const told = tell.mock.calls.length;
  vi.advanceTimersByTime(600_000);
  expect(tell.mock.calls).toHaveLength(told);
  expect(vi.getTimerCount()).toBe(0);
});

it('always increases, whatever the server said before', () => {
  const said = fc.oneof(fc.integer({ min: -1e6, max: 1e6 }), fc.double({ min: 0, max: 1e6, noNaN: true }));
  fc.assert(
    fc.property(said, fc.integer({ min: 1, max: 20 }), (progress, quiet) => {
      const told: number[] = [];
      const beat = createProgressHeartbeat().begin((params) => told.push(progressIn(params)));
      beat.heard(`"total":7,"progress" : ${JSON.stringify(progress)},"message":"x"`);
      vi.advanceTimersByTime(quiet * 40_000);
      beat.end();
      expect(told.length).toBeGreaterThan(quiet);
      for (const [at, value] of told.entries()) if (at > 0) expect(value).toBeGreaterThan(told[at - 1] ?? Infinity);
    }),
  );
});

it('says at once that a person is asked, again and again until that is over, and then that the server works', () => {
  const told: { progress: number; message: string }[] = [];
  const beat = createProgressHeartbeat().begin((params) => told.push(JSON.parse(`{${params}}`)));
  beat.waits('Waiting for a person.');
  vi.advanceTimersByTime(80_000);
  const waited = told.length;
  beat.waits(undefined);
  vi.advanceTimersByTime(40_000);
  beat.end();
  expect(waited).toBeGreaterThanOrEqual(3);
  expect(told.length).toBeGreaterThan(waited);
  for (const [at, { message }] of told.entries()) {
    expect(message).toBe(at < waited ? 'Waiting for a person.' : 'The server is still working.');
  }
  for (const [at, { progress }] of told.entries()) expect(progress).toBeGreaterThan(told[at - 1]?.progress ?? 0);
});
