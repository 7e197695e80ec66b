import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { META_RELATED_TASK } from '../../protocol/revisions.ts';
import { Canceller } from '../../shared/cancel.ts';
import type { ChannelHandlers } from '../channel/channel.ts';
import type { Tenant } from '../contract.ts';
import { unavailable } from '../failures.ts';
import { tenant } from '../testing.ts';
import { JsonRpcPeer } from './json-rpc-peer.ts';
import { causeOf } from './message-cause.ts';
import { type PendingRequest, PendingRequests, type ResponseReader } from './pending-requests.ts';

const READER: ResponseReader<unknown> = { read: (message) => message, fail: (error) => error };

const ONE = tenant('ada', { session: 'one' });
const OTHER = tenant('ada', { session: 'other' });
const STATELESS = tenant('ada');
const ONLY = tenant('stdio', { sole: true });

describe('property: whatever overlaps and was given up', () => {
  const parties = [ONE, OTHER, STATELESS, ONLY, tenant('stdio', { sole: true, agent: 'second' })];
  const begun = fc.record({
    party: fc.nat(parties.length - 1),
    fate: fc.constantFrom('open', 'answered', 'given up', 'answered late'),
  });

  /** Equal for calls of which it is known that one client made them. */
  const clientOf = ({ owner: principal, agent, session, sole }: Tenant, id: number): string =>
    JSON.stringify([principal, session ?? (sole ? agent : id)]);

  it('a question goes to a call of the only client whose calls may have led to it, and otherwise to none', () => {
    fc.assert(
      fc.property(fc.array(begun, { maxLength: 5 }), (all) => {
        const calls = new PendingRequests('server', () => {});
        const candidates = new Map<number, string>();
        const open = new Set<PendingRequest>();
        for (const { party: at, fate } of all) {
          const party = parties[at] ?? ONE;
          const signal = new Canceller();
          const call = calls.add('tools/call', { timeoutMs: 1000, signal, caller: party }, READER, vi.fn(), vi.fn());
          if (fate === 'answered') calls.fail(call, undefined);
          else if (fate === 'open') open.add(call);
          else signal.abort();
          if (fate === 'answered late') calls.acceptLate(call.id);
          if (fate === 'open' || fate === 'given up') candidates.set(call.id, clientOf(party, call.id));
        }
        const cause = causeOf(calls, false);
        const isOne = new Set(candidates.values()).size === 1;
        if (cause.kind === 'call') expect(open).toContain(cause.call);
        expect(cause.kind === 'call').toBe(isOne && open.size > 0);
        if (cause.kind === 'none') expect(isOne || candidates.size === 0).toBe(true);
        calls.failAll(unavailable('server', 'is over.'));
      }),
    );
  });
});

it.each(['onRequest', 'onNotification'])(
  'a list that is fetched meanwhile does not get what is for a call (%s)',
  (hears) => {
    const calls = new PendingRequests('server', () => {});
    const begin = (method: string, more: object): PendingRequest =>
      calls.add(method, { timeoutMs: 1000, caller: ONE, ...more }, READER, vi.fn(), vi.fn());
    begin('tools/list', {});
    const call = begin('tools/call', { [hears]: vi.fn() });
    begin('tools/list', {});
    expect(causeOf(calls, false)).toEqual({ kind: 'call', call });
    calls.failAll(unavailable('server', 'is over.'));
  },
);

describe('a program of 2025', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  /** A peer whose server is this test. */
  function connect() {
    let server: ChannelHandlers | undefined;
    const sent: string[] = [];
    const besides: (string | undefined)[] = [];
    const warn = vi.fn();
    const peer = new JsonRpcPeer(
      (handlers) => {
        server = handlers;
        const send = ({ text }: { text: string }): void => void sent.push(text);
        return {
          send,
          cancel: (_id, notification) => send(notification),
          listen() {},
          close: async () => {},
          kill() {},
        };
      },
      {
        server: 'server',
        version: '1',
        warn,
        isExclusive: () => true,
        onServerChange: () => {},
        onClose: () => {},
        onRequest: (_request, session) => {
          besides.push(session);
          return Promise.resolve({ ok: true, result: '{}' });
        },
      },
    );
    peer.speak('2025-11-25');
    const begin = (party: Tenant, task?: string) => {
      const signal = new Canceller();
      const asked: string[] = [];
      const onRequest = ({ method }: { method: string }) => {
        asked.push(method);
        return Promise.resolve({ ok: true as const, result: '{}' });
      };
      const answer = peer.call('tools/call', '', { timeoutMs: 1000, signal, caller: party, onRequest, task });
      answer.catch(() => undefined);
      return { asked, answer, giveUp: () => signal.abort() };
    };
    const ask = (params = '{}'): void =>
      void server?.message(`{"jsonrpc":"2.0","id":"q","method":"roots/list","params":${params}}`);
    const settle = (id: number): void => void server?.message(`{"jsonrpc":"2.0","id":${id},"result":{}}`);
    return { begin, ask, settle, besides, warn, refusals: () => sent.filter((text) => text.includes('-32601')) };
  }

  it('may ask about a call that was given up: it is refused until that is answered, or has had a time-out more', () => {
    const { begin, ask, settle, refusals, warn } = connect();
    begin(STATELESS).giveUp();
    const open = begin(STATELESS);
    ask();
    expect([open.asked, refusals()]).toEqual([[], [expect.stringContaining('calls of several clients may be meant')]]);
    expect(warn).toHaveBeenCalledExactlyOnceWith(expect.stringContaining('refused'), { question: 'roots/list' });
    settle(1);
    ask();
    expect([open.asked.length, refusals().length]).toEqual([1, 1]);

    settle(2);
    begin(STATELESS).giveUp();
    vi.advanceTimersByTime(60_000);
    const last = begin(STATELESS);
    ask();
    expect([last.asked.length, refusals().length]).toEqual([1, 1]);
  });

  it('asks besides calls only the session whose call it was, and no other one of its principal', () => {
    const { begin, ask, besides, refusals } = connect();
    ask();
    begin(ONE).giveUp();
    ask();
    expect(besides).toEqual([undefined, 'one']);
    begin(OTHER).giveUp();
    ask();
    expect([besides.length, refusals().length]).toEqual([2, 1]);
  });

  it('that asked about a call which nobody can be reached for is refused', () => {
    const { begin, ask, besides, refusals } = connect();
    begin(STATELESS).giveUp();
    ask();
    expect([besides, refusals().length]).toEqual([[], 1]);
  });

  it('asks about a task whoever waits for its result, whichever other calls are open', () => {
    const { begin, ask, refusals } = connect();
    const calls = [begin(STATELESS), begin(STATELESS, '1'), begin(OTHER, '2'), begin(STATELESS)];
    const about = (id: unknown): string => JSON.stringify({ _meta: { [META_RELATED_TASK]: { taskId: id } } });
    for (const id of ['1', '3', 7]) ask(about(id));
    expect([calls.map(({ asked }) => asked.length), refusals().length]).toEqual([[0, 1, 0, 0], 2]);
  });

  it('asks the newest call of one client that can be asked', () => {
    const { begin, ask } = connect();
    const calls = [begin(ONLY), begin(ONLY)];
    ask();
    expect(calls.map(({ asked }) => asked.length)).toEqual([0, 1]);
  });
});
