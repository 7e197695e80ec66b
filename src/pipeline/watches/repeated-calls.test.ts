import { expect, test } from 'vitest';
import type { ToolAnswer } from '../../operations/operation.ts';
import { CallArguments } from '../../policy/arguments/call-arguments.ts';
import type { ErrorCode } from '../../shared/errors.ts';
import type { Call } from '../decide-call.ts';
import { inboundOf } from '../testing.ts';
import { RepeatedCalls } from './repeated-calls.ts';

const MOST = 3;

/** One caller: what its calls come to. */
function caller() {
  let now = 0;
  const repeated = new RepeatedCalls(() => now);
  return {
    wait: (ms: number) => {
      now += ms;
    },
    /** @returns whether it was made */
    call(
      args: object,
      answer: string,
      {
        tool = 'read',
        code,
        isError,
        handle,
      }: { tool?: string; code?: ErrorCode; isError?: true; handle?: string } = {},
    ) {
      const call = {
        inbound: inboundOf(),
        target: { server: 's', name: tool },
        args: new CallArguments(JSON.stringify(args)),
      };
      try {
        const body = {
          text: answer,
          metaAt: answer.indexOf('{', 1),
          ...(isError ? { isError } : {}),
          ...(handle ? { handle } : {}),
        };
        repeated.begin(call as unknown as Call, MOST)({ kind: 'result', body } as ToolAnswer, code);
        return true;
      } catch (error) {
        return (error as Error).message;
      }
    },
  };
}

test('the same call with the same answer is made so often, and then not', () => {
  const { call, wait } = caller();
  expect([1, 2, 3].map(() => call({ a: 1, b: 2 }, '{"x":1}'))).toEqual([true, true, true]);
  expect(call({ b: 2, a: 1 }, '{"x":1}')).toBe(
    'This call was made 3 times in a row and had the same answer each time, so it was not made again. Use the answer that you have, change the arguments, or tell the user what does not work. To see whether something changed, wait 60 s.',
  );
  expect(call({ a: 1, b: 3 }, '{"x":1}')).toBe(true);
  expect(call({ a: 1, b: 2 }, '{"x":1}')).toBe(true);
  for (let n = 0; n < 2; n++) call({ a: 1, b: 2 }, '{"x":1}');
  wait(60_000);
  expect(call({ a: 1, b: 2 }, '{"x":1}')).toBe(true);
});

test('another tool in between does not matter, and what is about the message does not, either', () => {
  const { call } = caller();
  const made = [1, 2, 3, 4].map((n) => {
    call({ n }, '{}', { tool: 'other' });
    return call({}, `{"_meta":{"n":${n}},"x":1}`);
  });
  expect(made.slice(0, 3)).toEqual([true, true, true]);
  expect(made[3]).toContain('3 times');
});

test('a failure of the gateway is one, and what comes after it is no change', () => {
  const { call } = caller();
  expect(call({}, '{"error":{"code":"TIMEOUT"}}', { code: 'TIMEOUT' })).toBe(true);
  expect([1, 2, 3].map(() => call({}, '{"x":1}'))).toEqual([true, true, true]);
  expect(call({}, '{"x":1}')).toContain('had the same answer');
});

test('a long answer is the same one, whatever the handle of its rest', () => {
  const { call } = caller();
  const made = [1, 2, 3, 4].map((n) => call({}, `{"x":"more: r_${n}"}`, { handle: `r_${n}` }));
  expect(made.slice(0, 3)).toEqual([true, true, true]);
  expect(made[3]).toContain('3 times');
});

test('who waits for a change may: the answers to equal calls differ', () => {
  const { call } = caller();
  const answers = ['running', 'running', 'queued', 'running', 'running', 'running', 'running', 'running', 'done'];
  expect(answers.map((state) => call({}, `{"x":"${state}"}`))).toEqual(answers.map(() => true));
});

test('the same failure counts, a task and what is told to come again do not', () => {
  const { call } = caller();
  for (let n = 0; n < 3; n++) call({}, '{"x":"no"}', { isError: true, code: 'TIMEOUT' });
  expect(call({}, '{"x":"no"}')).toContain('failed in the same way');
  const other = caller();
  for (let n = 0; n < 9; n++) expect(other.call({}, '{"x":"no"}', { code: 'APPROVAL_PENDING' })).toBe(true);
  for (let n = 0; n < 9; n++) expect(other.call({}, '{"task":{"taskId":"1"}}')).toBe(true);
});
