import { expect, it } from 'vitest';
import type { Connected, ToolAnswer } from '../operations/operation.ts';
import { createDeferred } from '../shared/deferred.ts';
import type { UpstreamConnection } from '../upstream/contract.ts';
import { runOperation } from './run-operation.ts';
import { ALLOWED, DENIED, falsePipeline, inboundOf, LINK, operationOf, REPLACED } from './testing.ts';

const DONE: ToolAnswer = { kind: 'result', body: { text: '"content":[]', metaAt: -1, resultType: 'complete' } };
const deadline = { leftMs: () => 1000 };

/** A call that connects. @param connected is told of the connection */
function connecting(connected: (outcome: Connected<string>) => void) {
  return operationOf(async (context) => {
    connected(await context.connect(deadline, ({ key }) => key));
    return DONE;
  });
}

it('a connection that is there is given at once', async () => {
  const { parts } = falsePipeline();
  let isPromise: boolean | undefined;
  const operation = operationOf((context) => {
    isPromise = context.connect(deadline, () => 'prepared') instanceof Promise;
    return DONE;
  });
  await runOperation(parts, inboundOf(), operation);
  expect(isPromise).toBe(false);
});

it('a call is decided again where the rules changed while it waited for its connection', async () => {
  const given = createDeferred<UpstreamConnection>();
  const { parts, config, happened } = falsePipeline({ lease: () => given.promise });
  const seen: unknown[] = [];
  const outcome = runOperation(
    parts,
    inboundOf(),
    connecting((found) => seen.push(found)),
  );
  config.snapshot = DENIED;
  given.resolve(LINK);
  expect(await outcome).toMatchObject({ kind: 'error', message: expect.stringContaining('DENIED_BY_POLICY') });
  expect(seen).toEqual([]);
  expect(happened.at(-1)).toEqual(['append', 'finished', 'DENY', 'DENIED_BY_POLICY']);
});

it('a server that is another program by now is connected anew', async () => {
  const first = createDeferred<UpstreamConnection>();
  const { parts, config, happened } = falsePipeline({
    lease: ({ key }) => (key === ALLOWED.version ? first.promise : LINK),
  });
  const seen: Connected<string>[] = [];
  const outcome = runOperation(
    parts,
    inboundOf(),
    connecting((found) => seen.push(found)),
  );
  config.snapshot = REPLACED;
  first.resolve({ closed: true } as UpstreamConnection);
  expect(await outcome).toBe(DONE);
  expect(seen).toEqual([{ link: LINK, prepared: REPLACED.version }]);
  expect(happened.filter(([what]) => what === 'lease')).toEqual([
    ['lease', ALLOWED.version, 'dev'],
    ['lease', REPLACED.version, 'dev'],
  ]);
});
