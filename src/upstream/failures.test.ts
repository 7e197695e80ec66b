import { expect, it } from 'vitest';
import { GatewayError } from '../shared/errors.ts';
import { refusalError } from './channel/http-refusal.ts';
import {
  afterSending,
  beforeSending,
  MAY_HAVE_TAKEN_EFFECT,
  notSent,
  sessionRenewed,
  timedOut,
  unavailable,
} from './failures.ts';

const told = (method: string, error: unknown): boolean => {
  const after = afterSending(method, error);
  return after instanceof GatewayError && after.message.endsWith(MAY_HAVE_TAKEN_EFFECT);
};
const status = (code: number) => refusalError('s', { status: code, header: () => undefined });

it.each([
  ['a call that was lost', 'tools/call', unavailable('s', 'closed its output.'), true],
  ['a call that took too long', 'tools/call', timedOut('s', 'tools/call', 1000), true],
  ['a call at the end of the gateway', 'tools/call', new GatewayError('SHUTTING_DOWN', 'It ends.'), true],
  ['a call that failed in the server', 'tools/call', status(500), true],
  ['a method that nobody knows', 'x/read', unavailable('s', 'closed its output.'), true],
  ['a call that was refused', 'tools/call', status(404), false],
  ['a call that came too often', 'tools/call', status(429), false],
  ['a call that needs a sign-in', 'tools/call', new GatewayError('AUTH_REQUIRED', 'Sign in.'), false],
  ['a call that was not sent', 'tools/call', notSent(unavailable('s', 'was stopped.')), false],
  ['a call whose session was renewed', 'tools/call', sessionRenewed('s'), false],
  ['a request that only reads', 'resources/read', unavailable('s', 'closed its output.'), false],
])('%s', (_what, method, error, expected) => {
  expect(told(method, error)).toBe(expected);
});

it('a request that only reads may be tried again, and one of the gateway is its own matter', () => {
  const error = unavailable('s', 'closed its output.');
  expect(afterSending('resources/read', error)).toMatchObject({
    message: expect.stringMatching(/It may safely be tried again\.$/),
  });
  expect(afterSending('tools/list', error)).toBe(error);
});

it('a call that could not be sent says so, and the start of a server does not', () => {
  const why = unavailable('s', 'cannot be started.');
  expect(beforeSending('tools/call', why).message).toBe(
    'Server "s" cannot be started. The call was not sent: try again.',
  );
  expect(beforeSending('initialize', why)).toBe(why);
});

it('keeps what else the error says', () => {
  const cause = new Error('why');
  const error = unavailable('s', 'failed.', { cause, data: { httpStatus: 502 } });
  expect(afterSending('tools/call', error)).toMatchObject({ code: error.code, cause, data: { httpStatus: 502 } });
  expect(notSent(error)).toMatchObject({ code: error.code, cause, data: { httpStatus: 502, withoutEffect: true } });
  expect(afterSending('tools/call', 'withdrawn')).toBe('withdrawn');
});
