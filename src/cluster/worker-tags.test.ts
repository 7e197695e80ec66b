import { expect, it } from 'vitest';
import { homeOfProgram, tagOf, workerInHead, workerNamed } from './worker-tags.ts';

it.each(['', 'amgp1.', 'amgp-sign-in.', 'r_'])('what begins with "%s" and a tag names its worker', (prefix) => {
  expect(workerNamed(`${prefix}${tagOf(11)}cafe`)).toBe(11);
  expect(workerNamed(`${prefix}cafe`)).toBeUndefined();
});

it.each([
  ['POST /mcp HTTP/1.1\r\nHost: x\r\nMCP-Session-ID: w1.ab\r\n\r\n{}', 1],
  ['GET /mcp HTTP/1.1\r\nmcp-session-id:w12.ab\r\n', 12],
  ['POST /mcp HTTP/1.1\r\nmcp-session-id: ab\r\n\r\n', undefined],
  ['POST /mcp HTTP/1.1\r\nHost: x\r\n\r\n\r\nmcp-session-id: w1.ab\r\n', undefined],
  ['POST /mcp HTTP/1.1\r\nx-mcp-session-id: w1.ab\r\n\r\n', undefined],
])('the headers of a first request name the worker: %j', (head, worker) => {
  expect(workerInHead(Buffer.from(head))).toBe(worker);
});

it('each program has one worker, and all have some', () => {
  const homes = Array.from({ length: 100 }, (_, n) => homeOfProgram(`return ${n}`, 3));
  expect(homes).toEqual(Array.from({ length: 100 }, (_, n) => homeOfProgram(`return ${n}`, 3)));
  expect(new Set(homes)).toEqual(new Set([0, 1, 2]));
});
