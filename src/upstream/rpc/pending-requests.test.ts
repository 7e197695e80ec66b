import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { MAX_TOTAL_MS, PendingRequests, type ResponseReader } from './pending-requests.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Milliseconds of fake time that a turn of the event loop takes: what has arrived is read before anything is late. */
const A_TURN = 1;
/** Gives messages and errors as they are. */
const READER: ResponseReader<unknown> = { read: (message) => message, fail: (error) => error };

it('a call that reports progress for ever takes ten minutes', () => {
  const cancelled = vi.fn();
  const failed = vi.fn();
  const calls = new PendingRequests('server', cancelled);
  const call = calls.add('tools/call', { timeoutMs: 60_000 }, READER, vi.fn(), failed);
  for (let ms = 0; ms < MAX_TOTAL_MS; ms += 50_000) {
    expect(failed).not.toHaveBeenCalled();
    calls.restartTimeout(call);
    vi.advanceTimersByTime(50_000);
  }
  vi.advanceTimersByTime(A_TURN);
  expect(failed).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'TIMEOUT' }));
  expect(cancelled).toHaveBeenCalledExactlyOnceWith(call.id, 'Time-out.');
});

it('a call with a longer time-out of its own has that, and progress adds nothing to it', () => {
  const failed = vi.fn();
  const calls = new PendingRequests('server', vi.fn());
  const call = calls.add('tools/call', { timeoutMs: 2 * MAX_TOTAL_MS }, READER, vi.fn(), failed);
  vi.advanceTimersByTime(MAX_TOTAL_MS + 1);
  calls.restartTimeout(call);
  vi.advanceTimersByTime(MAX_TOTAL_MS - 2);
  expect(failed).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1 + A_TURN);
  expect(failed).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'TIMEOUT' }));
});

it('a call whose caller is asked something waits no longer than that either', () => {
  const failed = vi.fn();
  const calls = new PendingRequests('server', vi.fn());
  const call = calls.add('tools/call', { timeoutMs: 1000 }, READER, vi.fn(), failed);
  calls.hold(call);
  vi.advanceTimersByTime(MAX_TOTAL_MS - 1);
  expect(failed).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1 + A_TURN);
  expect(failed).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ code: 'TIMEOUT' }));
});
