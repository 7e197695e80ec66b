import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ServerDefinition } from '../../config/snapshot.ts';
import { Canceller } from '../../shared/cancel.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { UpstreamConnection } from '../contract.ts';
import { LAST_OUTPUT, timedOut, unavailable } from '../failures.ts';
import { httpServer, living, stdioServer, tenant } from '../testing.ts';
import { createFakeServer, type FakeConnection, type FakeServer } from './fake-server.ts';
import type { PoolContext } from './pool-context.ts';
import { UpstreamServer } from './upstream-server.ts';

const MINUTE = 60_000;
const WAIT = { timeoutMs: 5000 };
const ALICE = tenant('alice');
const BOB = tenant('bob');

let fake: FakeServer;
let upstream: UpstreamServer;

beforeEach(() => {
  vi.useFakeTimers();
  // No part of a delay is taken away by chance.
  vi.spyOn(Math, 'random').mockReturnValue(0);
  create();
});

afterEach(async () => {
  await upstream.close();
  await Promise.all(fake.work);
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function create(server: ServerDefinition = stdioServer('server.mjs'), context?: Partial<PoolContext>, slots?: number) {
  fake = createFakeServer(context, slots);
  upstream = new UpstreamServer(server, fake.context);
}

/** Lets what is due happen. */
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);
const state = (): string => upstream.status.state;
const lease = async (of = ALICE, more: object = {}): Promise<UpstreamConnection> =>
  upstream.lease({ ...WAIT, tenant: of, ...more });
const call = (leased: UpstreamConnection) => leased.request('tools/call', '', WAIT);

/** A failure that nobody waits for yet. */
function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => undefined);
  return promise;
}

/** Leases a connection of a server that starts at once. */
async function leaseStarted(of = ALICE): Promise<{ leased: UpstreamConnection; connection: FakeConnection }> {
  const leasing = quiet(lease(of));
  await settle();
  const connection = fake.starts.at(-1)?.succeed();
  if (connection === undefined) throw new Error('Nothing was started.');
  const leased = await leasing;
  await settle();
  return { leased, connection };
}

describe('a server that starts', () => {
  it('is stopped until somebody calls, then starting, then ready; callers of one scope share the start', async () => {
    expect(upstream.status).toMatchObject({ state: 'stopped', instances: 0 });
    const leases = [lease(), lease()];
    await settle();
    expect([state(), fake.starts.length]).toEqual(['starting', 1]);
    fake.starts[0]?.succeed();
    await Promise.all(leases);
    expect(upstream.status).toMatchObject({ state: 'ready', instances: 1, facts: { name: 'fake' } });
    expect(upstream.lease({ ...WAIT, tenant: ALICE })).not.toBeInstanceOf(Promise);
  });

  it('lets a caller go who waits too long, or is cancelled, and goes on for the next one', async () => {
    const late = quiet(lease());
    const signal = new Canceller();
    const cancelled = quiet(lease(ALICE, { signal, timeoutMs: MINUTE }));
    await settle();
    signal.abort('enough');
    await expect(cancelled).rejects.toBe('enough');
    await pass(WAIT.timeoutMs + 1);
    await expect(late).rejects.toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('after 5 s') });
    fake.starts[0]?.succeed();
    await lease();
    expect(fake.starts).toHaveLength(1);
  });

  it('waits behind other servers, but not once a caller waits for it', async () => {
    create(stdioServer('server.mjs'), undefined, 1);
    const release = await fake.context.startQueue.take(false).granted;
    upstream.warm();
    await settle();
    expect([state(), fake.starts.length]).toEqual(['starting', 0]);
    const leasing = lease();
    await settle();
    expect(fake.starts).toHaveLength(1);
    fake.starts[0]?.succeed();
    await leasing;
    release();
  });

  it('is started early once, and serves the first who calls', async () => {
    upstream.warm();
    upstream.warm();
    await settle();
    fake.starts[0]?.succeed();
    await settle();
    upstream.warm();
    await lease();
    expect([fake.starts.length, upstream.status.instances]).toEqual([1, 1]);
    await leaseStarted(BOB);
    expect([fake.starts.length, upstream.status.instances]).toEqual([2, 2]);
  });

  it.each(['legacy', 'modern'] as const)('is started once for a list and the call after it, and is %s', async (era) => {
    const listing = lease(ALICE, { listing: true });
    await settle();
    fake.starts[0]?.succeed(era);
    await listing;
    await lease();
    expect([fake.starts.length, upstream.status.instances]).toEqual([1, 1]);
  });
});

describe('a server that fails to start', () => {
  async function failStart(error?: GatewayError): Promise<GatewayError> {
    const leasing = quiet(lease());
    await settle();
    fake.starts.at(-1)?.fail(error);
    return leasing.then(
      () => Promise.reject(new Error('It started.')),
      (failure: GatewayError) => failure,
    );
  }

  it('is started again at once three times, and then not before its back-off is over', async () => {
    for (let failures = 0; failures < 3; failures++) {
      expect((await failStart()).message).toMatch(/exit status 1\)\.$/);
      expect(state()).toBe('backing-off');
    }
    await expect(lease()).rejects.toMatchObject({
      code: 'SERVER_UNAVAILABLE',
      message: expect.stringMatching(/exit status 1\)\. Its last start failed; the next one is allowed in 1 s\.$/),
      data: { retryAfterMs: 1000 },
    });
    expect([fake.starts.length, upstream.status.retryInMs]).toEqual([3, 1000]);
    await pass(1000);
    await leaseStarted();
    expect(state()).toBe('ready');
  });

  it('is started at once where its owner restarts it', async () => {
    for (let failures = 0; failures < 4; failures++) await failStart().catch(() => undefined);
    const restarting = upstream.restart();
    await settle();
    fake.starts.at(-1)?.succeed();
    expect(await restarting).toBeUndefined();
    expect([state(), upstream.status.retryInMs]).toEqual(['ready', 0]);
  });

  it('tells its owner why a restart failed', async () => {
    const restarting = upstream.restart();
    await settle();
    fake.starts[0]?.fail();
    expect((await restarting)?.message).toMatch(/exit status 1/);
  });

  it('waits for a sign-in without any back-off', async () => {
    for (let calls = 0; calls < 5; calls++) {
      expect(await failStart(new GatewayError('AUTH_REQUIRED', 'Sign in.'))).toMatchObject({ code: 'AUTH_REQUIRED' });
    }
    expect([state(), fake.starts.length]).toEqual(['auth-required', 5]);
  });

  it('is said to be misconfigured where its entry is at fault', async () => {
    await failStart(unavailable('fixture', 'cannot be started: no such file.', { data: { config: true } }));
    expect(state()).toBe('failed-config');
  });

  it('shows what it wrote last to the only principal, and to none of several during the back-off', async () => {
    const failure = () => unavailable('fixture', 'ended.', { data: { [LAST_OUTPUT]: ' Its last output: "x".' } });
    for (let failures = 0; failures < 3; failures++) await failStart(failure());
    await expect(lease()).rejects.not.toThrow(/last output/);
    create(stdioServer('server.mjs'), { onlyOwner: 'alice' });
    for (let failures = 0; failures < 3; failures++) await failStart(failure());
    await expect(lease(tenant('alice', { sole: true }))).rejects.toThrow(/last output/);
  });
});

describe('a connection that is lost', () => {
  const LOST = unavailable('fixture', 'was stopped by the signal SIGKILL.');

  it('comes back by itself where its process had answered, and otherwise with the next call', async () => {
    const { leased, connection } = await leaseStarted();
    await connection.end(LOST);
    await settle();
    expect([state(), fake.starts.length]).toEqual(['backing-off', 1]);
    const again = await leaseStarted();
    await call(again.leased);
    await again.connection.end(LOST);
    await settle();
    expect([state(), fake.starts.length, leased.closed]).toEqual(['starting', 3, true]);
    fake.starts[2]?.succeed();
    await settle();
    expect(state()).toBe('ready');
  });

  it('does not come back by itself over HTTP, where nothing has to be started', async () => {
    create(httpServer('http://127.0.0.1:1'));
    const { leased, connection } = await leaseStarted();
    await call(leased);
    await connection.end(LOST);
    await settle();
    expect([state(), fake.starts.length, upstream.status.lastError]).toEqual(['stopped', 1, LOST.message]);
  });
});

describe('a server that answers no more', () => {
  async function timeOut(leased: UpstreamConnection, connection: FakeConnection, times: number): Promise<void> {
    connection.answer = async () => {
      throw timedOut('fixture', 'tools/call', 1000);
    };
    for (let calls = 0; calls < times; calls++) await call(leased).catch(() => undefined);
    await settle();
  }

  it('gets no calls until it answers again, which nobody has to try', async () => {
    const { leased, connection } = await leaseStarted();
    connection.isAlive = false;
    await pass(1);
    await timeOut(leased, connection, 3);
    expect([state(), connection.pings]).toEqual(['degraded', 1]);
    await expect(call(leased)).rejects.toMatchObject({ code: 'SERVER_UNAVAILABLE', data: { retryAfterMs: 1000 } });
    connection.isAlive = true;
    await pass(1000);
    expect(state()).toBe('ready');
    connection.answer = async () => ({ ok: false, code: 1, message: 'no' });
    await expect(call(leased)).resolves.toMatchObject({ ok: false });
  });

  it('is started again after a minute of silence, where it works for nobody', async () => {
    const { leased, connection } = await leaseStarted();
    await call(leased);
    connection.isAlive = false;
    await pass(1);
    await timeOut(leased, connection, 3);
    await pass(MINUTE + 30_000);
    expect([connection.closed, fake.starts.length]).toEqual([true, 2]);
  });
});

describe('a connection that nobody uses', () => {
  it('ends after the time that its entry gives, counted from its last use', async () => {
    create(living(stdioServer('server.mjs'), { idleTimeoutMs: MINUTE }));
    const { leased, connection } = await leaseStarted();
    await pass(50_000);
    await call(leased);
    await pass(50_000);
    expect(connection.closed).toBe(false);
    await pass(10_000);
    expect([connection.closed, state()]).toEqual([true, 'stopped']);
  });

  it('ends after half an hour where it belongs to one principal, and never where everybody shares it', async () => {
    const { connection } = await leaseStarted();
    await pass(30 * MINUTE - 1);
    expect(connection.closed).toBe(false);
    await pass(1);
    expect(connection.closed).toBe(true);
    create(living(stdioServer('server.mjs'), { sharing: 'shared' }));
    const shared = await leaseStarted();
    await pass(24 * 60 * MINUTE);
    expect(shared.connection.closed).toBe(false);
  });

  it('makes room for another caller where there may be no more', async () => {
    create(living(stdioServer('server.mjs'), { maxInstances: 1 }));
    const alice = await leaseStarted(ALICE);
    let finish: () => void = () => {};
    alice.connection.answer = () =>
      new Promise((resolve) => {
        finish = () => resolve({ ok: false, code: 1, message: 'no' });
      });
    const open = call(alice.leased);
    await expect(lease(BOB)).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    finish();
    await open;
    await leaseStarted(BOB);
    expect([alice.connection.closed, upstream.status.instances]).toEqual([true, 1]);
  });
});

describe('a server that is ended', () => {
  it('is stopped at once, and the next call starts it', async () => {
    const { connection } = await leaseStarted();
    upstream.stop();
    expect([connection.closed, state()]).toEqual([true, 'stopped']);
    await leaseStarted();
    expect(fake.starts).toHaveLength(2);
  });

  it('is retired when its calls have finished; what only starts ends at once', async () => {
    const { leased, connection } = await leaseStarted();
    const starting = quiet(lease(BOB));
    await settle();
    let finish: () => void = () => {};
    connection.answer = () =>
      new Promise((resolve) => {
        finish = () => resolve({ ok: false, code: 1, message: 'no' });
      });
    const open = call(leased);
    const retiring = upstream.retire();
    await expect(starting).rejects.toThrow(/removed in the configuration/);
    await pass(10 * MINUTE);
    expect(connection.closed).toBe(false);
    finish();
    await open;
    // Who has a lease may use it this long.
    await pass(1100);
    await retiring;
    expect([connection.closed, state()]).toEqual([true, 'stopped']);
  });

  it('is not started again by what is lost while it retires', async () => {
    const { leased, connection } = await leaseStarted();
    await call(leased);
    const retiring = upstream.retire();
    await connection.end(unavailable('fixture', 'closed its output.'));
    await pass(2000);
    await retiring;
    expect(fake.starts).toHaveLength(1);
  });

  it('leases nothing any more once it is retired', async () => {
    await upstream.retire();
    await expect(lease()).rejects.toThrow(/removed in the configuration/);
    expect(fake.starts).toHaveLength(0);
  });

  it('leases nothing any more once it is closed, and takes down what only starts', async () => {
    const starting = quiet(lease());
    await settle();
    await upstream.close();
    await expect(starting).rejects.toThrow(/the gateway is stopping/);
    await expect(lease()).rejects.toThrow(/the gateway is stopping/);
    upstream.warm();
    await settle();
    expect(fake.starts).toHaveLength(1);
  });

  it('is killed without waiting', async () => {
    const { connection } = await leaseStarted();
    upstream.kill();
    expect(connection.isKilled).toBe(true);
    await expect(lease()).rejects.toThrow(/the gateway is stopping/);
  });
});

it('takes notifications of clients to the connections of that client', async () => {
  const alice = await leaseStarted(ALICE);
  const bob = await leaseStarted(BOB);
  upstream.notify(ALICE, 'notifications/roots/list_changed', '');
  expect([alice.connection.notifications.length, bob.connection.notifications.length]).toEqual([1, 0]);
});

it('with credentials of principals starts nothing for nobody', async () => {
  const server = httpServer('http://127.0.0.1:1');
  if (server.link.transport === 'stdio') throw new Error('It has no credentials.');
  create({ ...server, link: { ...server.link, credentials: 'per-principal' } });
  upstream.warm();
  expect(await upstream.restart()).toBeUndefined();
  await expect(upstream.lease(WAIT)).rejects.toThrow(/credentials of each principal/);
  expect(fake.starts).toHaveLength(0);
});
