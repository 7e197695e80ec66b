import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Canceller } from '../../shared/cancel.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { ChannelHandlers, Outgoing } from '../channel/channel.ts';
import type { ClientAnswer, ServerRequest } from '../contract.ts';
import { unavailable } from '../failures.ts';
import { tenant } from '../testing.ts';
import { JsonRpcPeer, type JsonRpcPeerOptions } from './json-rpc-peer.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const WAIT = { timeoutMs: 1000 };
/** Milliseconds of fake time that a turn of the event loop takes: what has arrived is read before anything is late. */
const A_TURN = 1;

/** A peer whose server is the test. */
function create(options: Partial<JsonRpcPeerOptions> = {}) {
  const sent: Record<string, unknown>[] = [];
  const close = vi.fn(async () => undefined);
  const warn = vi.fn();
  const onClose = vi.fn();
  let handlers: ChannelHandlers | undefined;
  const send = ({ text }: Outgoing): void => void sent.push(JSON.parse(text));
  const peer = new JsonRpcPeer(
    (given) => {
      handlers = given;
      return { send, cancel: (_id, notification) => send(notification), listen() {}, close, kill() {} };
    },
    { server: 's', version: '1', warn, isExclusive: () => true, onServerChange: () => {}, onClose, ...options },
  );
  peer.speak('2025-11-25');
  const say = (message: object, streamId?: number): unknown =>
    handlers?.message(JSON.stringify({ jsonrpc: '2.0', ...message }), streamId);
  const sayText = (text: string): unknown => handlers?.message(text);
  return { peer, sent, say, sayText, close, warn, onClose, handlers: () => handlers };
}

describe('a request', () => {
  it('gets the response with its id, in whatever order they come', async () => {
    const { peer, sent, say } = create();
    const first = peer.call('tools/call', '"name":"a"', WAIT);
    const second = peer.call('tools/call', '', { ...WAIT, progress: true });
    expect(sent).toEqual([
      { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'a' } },
      { jsonrpc: '2.0', id: 2, method: 'tools/call', params: { _meta: { progressToken: 2 } } },
    ]);
    say({ id: 2, result: { n: 2 } });
    say({ id: '1', result: { n: 1 } });
    expect([(await first).text, (await second).text]).toEqual([
      expect.stringContaining('"n":1'),
      expect.stringContaining('"n":2'),
    ]);
  });

  it('is cancelled when it takes too long, and progress gives it more time', async () => {
    const { peer, sent, say } = create();
    const onProgress = vi.fn();
    const call = peer.call('tools/call', '', { ...WAIT, onProgress });
    const failure = expect(call).rejects.toMatchObject({ code: 'TIMEOUT' });
    vi.advanceTimersByTime(900);
    say({ method: 'notifications/progress', params: { progressToken: 1, progress: 5 } });
    vi.advanceTimersByTime(900);
    expect(sent).toHaveLength(1);
    vi.advanceTimersByTime(100 + A_TURN);
    await failure;
    expect(onProgress).toHaveBeenCalledExactlyOnceWith('"progress":5');
    expect(sent[1]).toMatchObject({ method: 'notifications/cancelled', params: { requestId: 1, reason: 'Time-out.' } });
  });

  it('is cancelled by its signal, whose reason it fails with; a late response is no reason to warn', async () => {
    const { peer, sent, say, warn } = create();
    const signal = new Canceller();
    const call = peer.call('tools/call', '', { ...WAIT, signal });
    signal.abort('enough');
    await expect(call).rejects.toBe('enough');
    say({ id: 1, result: {} });
    expect([sent.length, warn.mock.calls.length]).toEqual([2, 0]);
    say({ id: 9, result: {} });
    expect(warn).toHaveBeenCalledWith('A response of the server answers no request.');
  });

  it('is not sent where its signal is aborted or the peer is closed', async () => {
    const { peer, sent } = create();
    const signal = new Canceller();
    signal.abort('enough');
    await expect(peer.call('tools/call', '', { ...WAIT, signal })).rejects.toBe('enough');
    await peer.close(unavailable('s', 'was stopped.'));
    await expect(peer.call('tools/call', '', WAIT)).rejects.toThrow(/was stopped\. The call was not sent/);
    peer.notify('notifications/roots/list_changed', '');
    expect(sent).toEqual([]);
  });

  it('fails at once with an answer that cannot be read, secrets taken out of what is quoted', async () => {
    const { peer, sayText } = create({ redact: (text) => text.replaceAll('hunter2', '***') });
    const call = peer.call('tools/call', '', WAIT);
    expect(sayText('{"jsonrpc":"2.0","id":1,"result":{"a":hunter2}}')).toBe(true);
    await expect(call).rejects.toThrow(/cannot be read: .*\*\*\*/);
    expect(sayText('what is this')).toBe(false);
  });

  it('gets the error without an id that comes on its stream', async () => {
    const { peer, say } = create();
    const call = peer.call('tools/call', '', WAIT);
    say({ id: null, error: { code: -32700, message: 'no' } }, 1);
    expect((await call).error).toBeDefined();
  });

  it('reads its response in the turn in which it comes, and fails with what its reader throws', async () => {
    const { peer, say } = create();
    const reader = {
      read: () => {
        throw new Error('unreadable');
      },
      fail: (error: unknown) => error,
    };
    const call = peer.request('tools/call', '', WAIT, reader);
    say({ id: 1, result: {} });
    await expect(call).rejects.toThrow('unreadable');
  });
});

it('fails all that is pending once, with the reason it was closed for', async () => {
  const { peer, close, onClose } = create();
  const calls = [peer.call('tools/call', '', WAIT), peer.call('tools/list', '', WAIT)];
  const reason = unavailable('s', 'was stopped.');
  const failures = Promise.allSettled(calls);
  await Promise.all([peer.close(reason), peer.close(unavailable('s', 'again.'))]);
  expect(await failures).toMatchObject([
    { reason: { code: 'SERVER_UNAVAILABLE' } },
    { reason: { code: 'SERVER_UNAVAILABLE' } },
  ]);
  expect([peer.closeReason, close.mock.calls.length]).toEqual([reason, 1]);
  expect(onClose).toHaveBeenCalledExactlyOnceWith(reason);
});

describe('a batch', () => {
  it('of a server of 2025 is read message by message', async () => {
    const { peer, sayText } = create();
    const calls = [peer.call('tools/call', '', WAIT), peer.call('tools/call', '', WAIT)];
    const batch = [2, 1].map((id) => ({ jsonrpc: '2.0', id, result: { id } }));
    expect(await sayText(JSON.stringify(batch))).toBe(true);
    expect((await Promise.all(calls)).map(({ id }) => id)).toEqual(['1', '2']);
  });

  it('of a modern server is no message', () => {
    const { peer, sayText } = create();
    peer.speak('2026-07-28');
    expect(sayText('[{"jsonrpc":"2.0","id":1,"result":{}}]')).toBe(false);
  });
});

describe('a request of the server', () => {
  const caller = tenant('ada', { session: 'one' });

  it('is answered by the caller whose call is pending, and the time-out stands still meanwhile', async () => {
    const { peer, sent, say } = create();
    let answer: ((answer: ClientAnswer) => void) | undefined;
    const onRequest = (_request: ServerRequest) => new Promise<ClientAnswer>((resolve) => (answer = resolve));
    const call = peer.call('tools/call', '', { ...WAIT, caller, onRequest });
    say({ id: 'q', method: 'roots/list', params: { _meta: { progressToken: 1 } } });
    vi.advanceTimersByTime(60_000);
    answer?.({ ok: true, result: '{"roots":[]}' });
    await vi.advanceTimersByTimeAsync(0);
    expect(sent[1]).toEqual({ jsonrpc: '2.0', id: 'q', result: { roots: [] } });
    const failure = expect(call).rejects.toMatchObject({ code: 'TIMEOUT' });
    await vi.advanceTimersByTimeAsync(1000 + A_TURN);
    await failure;
  });

  it('is withdrawn by the server, and then nobody answers it', async () => {
    const { peer, sent, say } = create();
    const requests: ServerRequest[] = [];
    const onRequest = (request: ServerRequest) => {
      requests.push(request);
      return new Promise<ClientAnswer>((resolve) =>
        request.withdrawn.addEventListener('abort', () => resolve({ ok: true, result: '{}' })),
      );
    };
    peer.call('tools/call', '', { ...WAIT, caller, onRequest }).catch(() => undefined);
    say({ id: 7, method: 'roots/list' });
    say({ method: 'notifications/cancelled', params: { requestId: 7 } });
    await vi.advanceTimersByTimeAsync(0);
    expect([requests[0]?.withdrawn.aborted, sent.length]).toEqual([true, 1]);
  });

  it('gets an error where its caller fails, and none once the peer is closed', async () => {
    const { peer, sent, say } = create({ onRequest: () => Promise.reject(new GatewayError('TIMEOUT', 'late')) });
    say({ id: 'q', method: 'roots/list' });
    await vi.advanceTimersByTimeAsync(0);
    expect(sent).toMatchObject([{ id: 'q', error: { code: -32603 } }]);
    say({ id: 'r', method: 'roots/list' });
    await peer.close(unavailable('s', 'was stopped.'));
    await vi.advanceTimersByTimeAsync(0);
    expect(sent).toHaveLength(1);
  });

  it('is refused where nobody answers it, but for ping', () => {
    const { sent, say } = create({ isExclusive: () => false });
    say({ id: 1, method: 'ping' });
    say({ id: 2, method: 'roots/list' });
    expect(sent).toMatchObject([
      { id: 1, result: {} },
      { id: 2, error: { code: -32601 } },
    ]);
  });

  it('is refused where a key of it stands twice, and passed over in 2026-07-28', () => {
    const { peer, sent, sayText, say, warn } = create();
    sayText('{"jsonrpc":"2.0","id":1,"method":"elicitation/create","params":{"message":"a","message":"b"}}');
    expect(sent).toMatchObject([{ id: 1, error: { code: -32600 } }]);
    peer.speak('2026-07-28');
    say({ id: 2, method: 'roots/list' });
    expect(sent).toHaveLength(1);
    expect(warn).toHaveBeenLastCalledWith('The server sent a request, which its revision forbids.');
  });
});

describe('a notification', () => {
  it('about the server itself goes to it, and one on the stream of a call to that call', () => {
    const onServerChange = vi.fn();
    const onNotification = vi.fn();
    const { peer, say } = create({ onServerChange, isExclusive: () => false });
    peer.call('tools/call', '', { ...WAIT, onNotification }).catch(() => undefined);
    say({ method: 'notifications/tools/list_changed' });
    say({ method: 'notifications/message', params: { level: 'info', data: 1 } }, 1);
    say({ method: 'notifications/message', params: { level: 'info', data: 2 } });
    expect(onServerChange).toHaveBeenCalledOnce();
    expect(onNotification).toHaveBeenCalledExactlyOnceWith('notifications/message', '"level":"info","data":1');
  });

  it('about no call goes to those whom the connection serves', () => {
    const onNotification = vi.fn();
    const { say } = create({ onNotification });
    say({ method: 'notifications/message', params: { data: 1 } });
    expect(onNotification).toHaveBeenCalledExactlyOnceWith('notifications/message', '"data":1', undefined);
  });
});
