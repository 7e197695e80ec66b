import { Buffer } from 'node:buffer';
import { describe, expect, it, vi } from 'vitest';
import { Canceller } from '../../shared/cancel.ts';
import type { HttpRequest } from './http-client.ts';
import type { HttpResponse } from './http-exchange.ts';
import { isOldTransport } from './http-refusal.ts';
import { ResponseStream } from './response-stream.ts';

const LEGACY = { id: 7, method: 'tools/call', text: '', revision: '2025-11-25', headers: undefined };
const MODERN = { ...LEGACY, revision: '2026-07-28' };

interface FakeResponse extends HttpResponse {
  readonly destroyed: boolean;
}

/** A stream that ends after its last chunk. */
function stream(chunks: readonly string[], { status = 200, type = 'text/event-stream' } = {}): FakeResponse {
  const state = { destroyed: false };
  return {
    status,
    type,
    header: () => undefined,
    whole: undefined,
    release: () => undefined,
    get destroyed() {
      return state.destroyed;
    },
    body: {
      async read(take) {
        for (const chunk of chunks) take(Buffer.from(chunk));
      },
      pause: () => undefined,
      resume: () => undefined,
      destroy: () => {
        state.destroyed = true;
      },
    },
  };
}

function setUp(later: readonly HttpResponse[] = []) {
  const requests: HttpRequest[] = [];
  const messages: string[] = [];
  const warnings: string[] = [];
  const answers = [...later];
  const signal = new Canceller();
  let isOpen = true;
  const options = {
    server: 's',
    client: {
      request: async (request: HttpRequest) => {
        requests.push(request);
        const next = answers.shift();
        if (next === undefined) throw new Error('no more answers');
        return next;
      },
    },
    session: { headers: () => ({ 'mcp-session-id': 'x' }) },
    handlers: {
      message: (text: string) => {
        messages.push(text);
        if (text === 'response') isOpen = false;
        return text !== 'nonsense';
      },
      waits: () => isOpen,
    },
    warn: (what: string) => void warnings.push(what),
    maxBytes: 100,
  };
  const read = (response: HttpResponse, request = LEGACY): Promise<void> =>
    new ResponseStream(options, request, 7, signal).read(response);
  const stopWaiting = (): void => {
    isOpen = false;
  };
  return { requests, messages, warnings, signal, read, stopWaiting };
}

/** Events with an id, after which the next stream is asked for at once. */
const withId = (id: string, data: string): string => `retry: 0\nid: ${id}\ndata: ${data}\n\n`;

describe('the stream of a response', () => {
  it('hands on messages until the response', async () => {
    const { messages, warnings, requests, read } = setUp();
    await read(stream(['data: one\n\nevent: other\ndata: x\n\ndata:\n\n', 'data: nonsense\n\n', 'data: response\n\n']));
    expect([messages, requests]).toEqual([['one', 'nonsense', 'response'], []]);
    expect(warnings).toEqual(['An event of the server is no message.']);
  });

  it('is read on where it was left, up to 2025-11-25', async () => {
    const next = [stream([withId('b', 'two')]), stream([': nothing new\n']), stream(['data: response\n\n'])];
    const { messages, requests, read } = setUp(next);
    vi.useFakeTimers();
    try {
      const reading = read(stream([withId('a', 'one')]));
      await vi.advanceTimersByTimeAsync(5000);
      await reading;
    } finally {
      vi.useRealTimers();
    }
    expect(messages).toEqual(['one', 'two', 'response']);
    expect(requests.map(({ headers }) => headers['last-event-id'])).toEqual(['a', 'b', 'b']);
    expect(requests[0]).toMatchObject({
      method: 'GET',
      headers: { 'mcp-session-id': 'x', accept: 'text/event-stream' },
    });
  });

  it.each<[string, Parameters<typeof stream>[0], typeof LEGACY]>([
    ['without an id', ['data: one\n\n'], LEGACY],
    ['of a modern server', [withId('a', 'one')], MODERN],
  ])('%s is not read on', async (_what, chunks, request) => {
    const { requests, read } = setUp();
    await expect(read(stream(chunks), request)).rejects.toMatchObject({
      code: 'SERVER_UNAVAILABLE',
      message: 'Server "s" ended its answer before the response came.',
    });
    expect(requests).toEqual([]);
  });

  it('ends where the next one is refused, or is none', async () => {
    for (const next of [stream([], { status: 404 }), stream([], { type: 'text/html' })]) {
      const { requests, read } = setUp([next]);
      await expect(read(stream([withId('a', 'one')]))).rejects.toThrow('before the response came');
      expect(requests).toHaveLength(1);
    }
  });

  it('fails with what cannot be read of it, and is not read on', async () => {
    const { requests, read } = setUp();
    await expect(read(stream([withId('a', 'one'), `data: ${'x'.repeat(200)}`]))).rejects.toThrow('too long');
    expect(requests).toEqual([]);
  });

  it('is that of the old transport where it names an address', async () => {
    const old = stream(['event: endpoint\ndata: /messages\n\n']);
    const { read } = setUp();
    await expect(read(old, { ...LEGACY, method: 'initialize' })).rejects.toSatisfy(isOldTransport);
    await expect(setUp().read(stream(['event: endpoint\ndata: /messages\n\n']))).rejects.toThrow('before the response');
  });

  it('is not asked for any more when nobody waits', async () => {
    const { requests, signal, stopWaiting, read } = setUp();
    const reading = read(stream(['retry: 60000\nid: a\ndata: one\n\n']));
    await new Promise(setImmediate);
    stopWaiting();
    signal.abort();
    await reading;
    expect(requests).toEqual([]);
  });
});
