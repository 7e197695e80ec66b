import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Canceller } from '../../shared/cancel.ts';
import { LAST_OUTPUT } from '../failures.ts';
import { HandshakeDeadline } from './handshake-deadline.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Milliseconds of fake time that a turn of the event loop takes: what has arrived is read before anything is late. */
const A_TURN = 1;

function create(isProcess: boolean) {
  const canceller = new Canceller();
  const options = { server: 's', isProcess, startMs: 5000, handshakeMs: 1000 };
  const deadline = new HandshakeDeadline({ ...options, lastOutput: () => ' Its last words.', signal: canceller });
  return { deadline, canceller };
}

it('gives a process its start budget until its first message, and the handshake budget from there', () => {
  const { deadline } = create(true);
  vi.advanceTimersByTime(4999);
  deadline.markActive();
  vi.advanceTimersByTime(999);
  expect(deadline.signal.aborted).toBe(false);
  expect(deadline.timing).toEqual({ startMs: 4999, handshakeMs: 999 });
  vi.advanceTimersByTime(1 + A_TURN);
  expect(deadline.signal.reason).toMatchObject({
    code: 'SERVER_UNAVAILABLE',
    message: 'Server "s" did not finish the handshake within 1 s; it was stopped.',
    data: { phase: 'handshake', [LAST_OUTPUT]: ' Its last words.' },
  });
});

it('ends a process that says nothing', () => {
  const { deadline } = create(true);
  vi.advanceTimersByTime(5000 + A_TURN);
  expect(deadline.signal.reason).toMatchObject({
    message: 'Server "s" wrote no message to stdout within 5 s; it was stopped.',
    data: { phase: 'start' },
  });
});

it('gives an HTTP server the handshake budget alone, which its first message does not extend', () => {
  const { deadline } = create(false);
  vi.advanceTimersByTime(900);
  deadline.markActive();
  vi.advanceTimersByTime(100 + A_TURN);
  expect(deadline.signal.reason).toMatchObject({ data: { phase: 'handshake' } });
});

it('ends with the signal of the start, and leaves no timer behind once it is over', () => {
  const early = create(true);
  early.canceller.abort('retired');
  expect(early.deadline.signal.reason).toBe('retired');
  early.deadline.end();

  const { deadline, canceller } = create(true);
  deadline.end();
  deadline.markActive();
  canceller.abort('retired');
  expect([deadline.signal.aborted, vi.getTimerCount()]).toEqual([false, 0]);
});
