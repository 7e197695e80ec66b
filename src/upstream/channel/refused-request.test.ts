import { describe, expect, it } from 'vitest';
import { interpretRefusal, type RefusalMeaning } from './refused-request.ts';

const LEGACY = { method: 'tools/call', revision: '2025-11-25' };
const MODERN = { method: 'tools/call', revision: '2026-07-28' };
const error = (id: unknown, message = 'no'): string =>
  JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32600, message } });

describe('a refusal', () => {
  it.each<[string, number, string, RefusalMeaning['session']]>([
    ['404 without a body', 404, '', 'refused'],
    ['404 with an error of its own', 404, error(99), 'refused'],
    ['404 with an error without an id', 404, error(null), 'refused'],
    ['404 with a page', 404, '<html>Not here</html>', 'in-doubt'],
    ['404 with a page about sessions', 404, '<html>No such session</html>', 'refused'],
    ['404 with the error of the request', 404, error(7), 'kept'],
    ['404 with the error of the request, its id a string', 404, error('7'), 'kept'],
    ['400 without a body', 400, '', 'in-doubt'],
    ['400 with a page', 400, 'Bad Request', 'in-doubt'],
    ['400 about the session', 400, 'Unknown Session', 'refused'],
    ['400 about initialisation', 400, error(99, 'Server not initialised'), 'refused'],
    ['400 with an error without an id', 400, error(null), 'in-doubt'],
    ['400 with an error of its own about something else', 400, error(99), 'kept'],
    ['400 with the error of the request about the session', 400, error(7, 'bad session'), 'kept'],
    ['403', 403, '', 'kept'],
    ['500 about the session', 500, 'No session', 'kept'],
  ])('%s: what it says of the session', (_what, status, text, expected) => {
    expect(interpretRefusal(LEGACY, 7, status, text).session).toBe(expected);
  });

  it.each<[string, typeof LEGACY, string, boolean]>([
    ['the error of the request', MODERN, error(7), true],
    ['another error, up to 2025-11-25', LEGACY, error(null), true],
    ['another error of a modern server', MODERN, error(null), false],
    ['another error to server/discover', { ...MODERN, method: 'server/discover' }, error(null), true],
    ['a result', LEGACY, '{"jsonrpc":"2.0","id":7,"result":{}}', false],
    ['a request', LEGACY, '{"jsonrpc":"2.0","id":7,"method":"ping"}', false],
    ['JSON that is no message', LEGACY, '{"error":"no"}', false],
    ['a page', LEGACY, '<html>', false],
    ['nothing', LEGACY, '', false],
  ])('with %s: if that is an answer', (_what, request, text, expected) => {
    expect(interpretRefusal(request, 7, 400, text).isResponse).toBe(expected);
  });
});
