import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import type { ToolAnswer, ToolContext } from '../operations/operation.ts';
import { Canceller } from '../shared/cancel.ts';
import { createDeferred } from '../shared/deferred.ts';
import { GatewayError } from '../shared/errors.ts';
import { runOperation } from './run-operation.ts';
import { DENIED, falsePipeline, inboundOf, operationOf } from './testing.ts';

const DONE: ToolAnswer = { kind: 'result', body: { text: '"content":[]', metaAt: -1, resultType: 'complete' } };
const full = new GatewayError('AUDIT_UNAVAILABLE', 'The disk is full.');

it('records a call before it runs, and again before its answer is released', async () => {
  const { parts, happened } = falsePipeline();
  const run = () => {
    happened.push(['ran']);
    return DONE;
  };
  expect(await runOperation(parts, inboundOf(), operationOf(run))).toBe(DONE);
  expect(happened).toEqual([
    ['append', 'decided', 'ALLOW', null],
    ['ran'],
    ['counted', null],
    ['append', 'finished', 'ALLOW', null],
  ]);
});

it('runs nothing without its record', async () => {
  const { parts, happened } = falsePipeline({ failing: { phase: 'decided', error: full } });
  const run = () => {
    throw new Error('it ran');
  };
  const outcome = await runOperation(parts, inboundOf(), operationOf(run));
  expect(outcome).toMatchObject({ kind: 'error', message: 'AUDIT_UNAVAILABLE: The disk is full.' });
  expect(happened.at(-1)).toEqual(['refuse', 'finished', 'ERROR', 'AUDIT_UNAVAILABLE']);
});

it('releases no answer without its record, and says whether the server has the call', async () => {
  const { parts } = falsePipeline({ failing: { phase: 'finished', error: full } });
  const answered = await runOperation(
    parts,
    inboundOf(),
    operationOf(() => DONE),
  );
  expect(answered).toMatchObject({ kind: 'error', message: 'AUDIT_UNAVAILABLE: The disk is full.' });
  const forwarded = await runOperation(
    parts,
    inboundOf(),
    operationOf(async (context) => {
      await context.connect({ leftMs: () => 1000 }, () => undefined);
      return DONE;
    }),
  );
  expect(forwarded).toMatchObject({
    message: expect.stringContaining('The call was executed, but this could not be recorded'),
  });
});

/** A call whose result may be kept. */
function keepable(isKept: boolean) {
  const run = async (context: ToolContext): Promise<ToolAnswer> => {
    await context.connectUnless(
      () => isKept,
      { leftMs: () => 1000 },
      () => undefined,
    );
    return DONE;
  };
  return operationOf(run, { mayBeKept: () => true });
}

it('where a result may be kept, its server is not asked before the record is written', async () => {
  const writing = createDeferred<void>();
  const { parts, happened } = falsePipeline({ writing: writing.promise });
  const outcome = runOperation(parts, inboundOf(), keepable(false));
  await setImmediate();
  expect(happened).toEqual([['append', 'decided', 'ALLOW', null]]);
  writing.resolve();
  expect(await outcome).toBe(DONE);
  expect(happened.map(([what]) => what)).toEqual(['append', 'lease', 'counted', 'append']);
});

it('a result that was kept is released when both of its records are written, which go together', async () => {
  const writing = createDeferred<void>();
  const { parts, happened } = falsePipeline({ writing: writing.promise });
  let isReleased = false;
  const outcome = runOperation(parts, inboundOf(), keepable(true)).then((answer) => {
    isReleased = true;
    return answer;
  });
  await setImmediate();
  expect(happened.map(([what, phase]) => [what, phase])).toEqual([
    ['append', 'decided'],
    ['counted', null],
    ['append', 'finished'],
  ]);
  expect(isReleased).toBe(false);
  writing.resolve();
  expect(await outcome).toBe(DONE);
});

it.each([true, false])('nothing is released or forwarded where the first record fails (kept: %s)', async (isKept) => {
  const { parts, happened } = falsePipeline({ failing: { phase: 'decided', error: full } });
  const outcome = await runOperation(parts, inboundOf(), keepable(isKept));
  expect(outcome).toMatchObject({ kind: 'error', message: 'AUDIT_UNAVAILABLE: The disk is full.' });
  expect(happened.map(([what]) => what)).not.toContain('lease');
});

it('a failure that quotes its server says no more of it than a result may', async () => {
  const { parts, config } = falsePipeline();
  const said = 'Server "files" stopped. Its last output: "4111 1111 1111 1111".';
  const fail = () => {
    throw new GatewayError('SERVER_UNAVAILABLE', said);
  };
  const told = async (): Promise<string> => JSON.stringify(await runOperation(parts, inboundOf(), operationOf(fail)));
  expect(await told()).toContain('4111 1111');
  const servers = [...config.snapshot.servers].map(
    ([name, server]) => [name, { ...server, results: { stripInvisible: false, redact: ['cards' as const] } }] as const,
  );
  config.snapshot = { ...config.snapshot, servers: new Map(servers) };
  expect(await told()).toContain('Its last output: \\"[redacted card]\\"');
});

it('refuses what the rules deny: nothing runs, and the record is one of refusals', async () => {
  const { parts, config, happened } = falsePipeline();
  config.snapshot = DENIED;
  const outcome = await runOperation(
    parts,
    inboundOf(),
    operationOf(() => DONE),
  );
  expect(outcome).toMatchObject({ kind: 'error', message: expect.stringContaining('DENIED_BY_POLICY') });
  expect(happened).toEqual([
    ['counted', 'DENIED_BY_POLICY'],
    ['refuse', 'finished', 'DENY', 'DENIED_BY_POLICY'],
  ]);
});

it('counts a call before it is decided: who has no room does not learn whether it may', async () => {
  const admit = () => {
    throw new GatewayError('RATE_LIMITED', 'Too many calls.');
  };
  const { parts, config, happened } = falsePipeline({ limiter: { admit } });
  config.snapshot = DENIED;
  const outcome = await runOperation(
    parts,
    inboundOf(),
    operationOf(() => DONE),
  );
  expect(outcome).toMatchObject({ message: 'RATE_LIMITED: Too many calls.' });
  expect(happened.at(-1)).toEqual(['refuse', 'finished', 'DENY', 'RATE_LIMITED']);
});

it('tells who calls nothing of a fault of ours, and the log everything', async () => {
  const { parts, happened } = falsePipeline();
  const fault = new Error('password=hunter2');
  const run = () => {
    throw fault;
  };
  const outcome = await runOperation(parts, inboundOf(), operationOf(run));
  expect(outcome).toMatchObject({ message: expect.stringMatching(/^INTERNAL: .*request r1/) });
  expect(JSON.stringify(outcome)).not.toContain('hunter2');
  expect(happened).toContainEqual(['logged', { err: fault, operation: 'execute_tool', request_id: 'r1' }]);
  expect(happened.at(-1)).toEqual(['append', 'finished', 'ERROR', 'INTERNAL']);
});

it('a call that its caller gave up is cancelled, whatever it fails with', async () => {
  const { parts, happened } = falsePipeline();
  const signal = new Canceller();
  const run = () => {
    signal.abort(new Error('gone'));
    throw new Error('the stream ended');
  };
  const outcome = await runOperation(parts, inboundOf(signal), operationOf(run));
  expect(outcome).toMatchObject({ message: expect.stringContaining('CANCELLED') });
  expect(happened.at(-1)).toEqual(['append', 'finished', 'ERROR', 'CANCELLED']);
});

it('what only reads is recorded once', async () => {
  const { parts, happened } = falsePipeline();
  await runOperation(
    parts,
    inboundOf(),
    operationOf(() => DONE, { executes: false }),
  );
  expect(happened).toEqual([
    ['counted', null],
    ['append', 'finished', 'ALLOW', null],
  ]);
});
