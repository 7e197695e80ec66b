import { expect, it } from 'vitest';
import type { Connected, ToolAnswer } from '../operations/operation.ts';
import { createDeferred } from '../shared/deferred.ts';
import type { UpstreamConnection } from '../upstream/contract.ts';
import { gone, unavailable } from '../upstream/failures.ts';
import { runOperation } from './run-operation.ts';
import { ALLOWED, DENIED, falsePipeline, inboundOf, LINK, operationOf, REPLACED } from './testing.ts';

const DONE: ToolAnswer = { kind: 'result', body: { text: '"content":[]', metaAt: -1, resultType: 'complete' } };
/** Refuses to lease what is not in force, as the servers do. */
const refuse = (): Promise<never> => Promise.reject(unavailable('files', 'was changed.'));
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

it.each([
  ['is back', { ...ALLOWED }],
  ['is gone in another process alone', ALLOWED],
])('a call goes on whose server was taken out and %s', async (_what, back) => {
  const first = createDeferred<UpstreamConnection>();
  let leases = 0;
  const { parts, config } = falsePipeline({ lease: () => (++leases === 1 ? first.promise : LINK) });
  const seen: Connected<string>[] = [];
  const outcome = runOperation(
    parts,
    inboundOf(),
    connecting((found) => seen.push(found)),
  );
  config.snapshot = back;
  first.reject(gone('files'));
  expect(await outcome).toBe(DONE);
  expect([seen.length, leases]).toEqual([1, 2]);
});

it('a call whose server is taken out again and again fails at last', async () => {
  const { parts } = falsePipeline({ lease: () => Promise.reject(gone('files')) });
  const outcome = await runOperation(
    parts,
    inboundOf(),
    connecting(() => undefined),
  );
  expect(outcome).toMatchObject({ kind: 'error', message: expect.stringContaining('was changed or removed') });
});

it('a call whose server became another program before it was leased goes on with that', async () => {
  const listed = createDeferred<string>();
  const { parts, config } = falsePipeline({ lease: ({ key }) => (key === ALLOWED.version ? refuse() : LINK) });
  const seen: Connected<string>[] = [];
  const operation = operationOf(async (context) => {
    seen.push(await context.connect(deadline, ({ key }) => (key === ALLOWED.version ? listed.promise : key)));
    return DONE;
  });
  const outcome = runOperation(parts, inboundOf(), operation);
  config.snapshot = REPLACED;
  listed.resolve('the old list');
  expect(await outcome).toBe(DONE);
  expect(seen).toEqual([{ link: LINK, prepared: REPLACED.version }]);
});

it.each([
  ['cannot be leased', refuse],
  ['was leased', () => LINK],
])('a call whose server was removed and %s is refused as one of a server that is not there', async (_what, lease) => {
  const listed = createDeferred<string>();
  const { parts, config } = falsePipeline({ lease });
  const operation = operationOf(async (context) => {
    await context.connect(deadline, () => listed.promise);
    return DONE;
  });
  const outcome = runOperation(parts, inboundOf(), operation);
  config.snapshot = { ...ALLOWED, version: 'removed', servers: new Map() };
  listed.resolve('the old list');
  const message =
    "SERVER_UNAVAILABLE: Server 'files' is not available. Call list_servers to see which servers there are.";
  expect(await outcome).toMatchObject({ kind: 'error', message });
});

it('a failure of a server that nobody changed is what the call fails with', async () => {
  const { parts, happened } = falsePipeline({ lease: refuse });
  const outcome = await runOperation(
    parts,
    inboundOf(),
    connecting(() => undefined),
  );
  expect(outcome).toMatchObject({ kind: 'error', message: 'SERVER_UNAVAILABLE: Server "files" was changed.' });
  expect(happened.filter(([what]) => what === 'lease')).toHaveLength(1);
});
