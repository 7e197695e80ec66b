/** Servers whose answers are compressed. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import zlib from 'node:zlib';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { Reply, UpstreamConnection } from '../contract.ts';
import { createLab, httpServer } from '../testing.ts';
import { decodingOf, OFFERED } from './content-decoding.ts';

const CODES: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: zlib.gzipSync,
  'x-gzip': zlib.gzipSync,
  GZIP: zlib.gzipSync,
  deflate: zlib.deflateSync,
  'deflate ': zlib.deflateRawSync,
  br: zlib.brotliCompressSync,
  ...('zstdCompressSync' in zlib ? { zstd: zlib['zstdCompressSync'] as (bytes: Buffer) => Buffer } : {}),
};
const NAMES = Object.keys(CODES);

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

type Answer = (response: ServerResponse, result: string, id: number) => void;

/** A server of 2025 that answers calls as the test says. @returns a connection to it, and `Accept-Encoding` of its requests. */
async function connected(
  answer: Answer,
  maxMessageBytes?: number,
): Promise<{ link: UpstreamConnection; asked: Set<string> }> {
  const asked = new Set<string>();
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    asked.add(`${request.method} ${request.headers['accept-encoding']}`);
    if (request.method !== 'POST') return response.writeHead(405).end();
    const { id, method, params } = JSON.parse(body) as { id?: number; method: string; params?: { name?: string } };
    if (id === undefined) return response.writeHead(202).end();
    if (method === 'tools/call') return answer(response, params?.name ?? '', id);
    const result = { protocolVersion: '2025-06-18', capabilities: { tools: { listChanged: true } } };
    return response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(
        JSON.stringify(method === 'initialize' ? { jsonrpc: '2.0', id, result } : { jsonrpc: '2.0', id, error: {} }),
      );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { upstreams } = createLab(maxMessageBytes === undefined ? {} : { maxMessageBytes });
  ends.push(
    () => server.close(),
    () => server.closeAllConnections(),
    () => upstreams.close(),
  );
  const { port } = server.address() as AddressInfo;
  return { link: await upstreams.lease(httpServer(`http://127.0.0.1:${port}/`), { timeoutMs: 20_000 }), asked };
}

const call = (link: UpstreamConnection, name = 'text'): Promise<Reply> =>
  link.request('tools/call', `"name":"${name}","arguments":{}`, { timeoutMs: 20_000 });

const answerOf = (id: number, text: string): Buffer =>
  Buffer.from(JSON.stringify({ jsonrpc: '2.0', id, result: { content: [{ type: 'text', text }] } }));

function send(response: ServerResponse, encoding: string, body: Buffer, type = 'application/json', status = 200): void {
  response.writeHead(status, { 'content-type': type, 'content-encoding': encoding.trim() }).end(body);
}

const encode = (encoding: string, bytes: Buffer): Buffer => CODES[encoding]?.(bytes) ?? bytes;

describe.each(NAMES)('an answer in %j', (encoding) => {
  it('is read as JSON', async () => {
    const { link } = await connected((response, _name, id) =>
      send(response, encoding, encode(encoding, answerOf(id, 'é'.repeat(100_000)))),
    );
    const reply = await call(link);
    expect(reply.ok && JSON.parse(reply.result.text)).toEqual({
      content: [{ type: 'text', text: 'é'.repeat(100_000) }],
    });
  });

  it('is read as events, and as a refusal', async () => {
    const { link } = await connected((response, name, id) => {
      const bytes = answerOf(id, 'hi');
      if (name === 'refused') {
        const error = JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32602, message: 'not so' } });
        send(response, encoding, encode(encoding, Buffer.from(error)), 'application/json', 400);
      } else send(response, encoding, encode(encoding, Buffer.from(`data: ${bytes}\n\n`)), 'text/event-stream');
    });
    expect(await call(link)).toMatchObject({ ok: true });
    expect(await call(link, 'refused')).toMatchObject({ ok: false, message: 'not so' });
  });

  it('is bounded by what it means, not by what comes', async () => {
    const bomb = answerOf(1, 'x'.repeat(30_000_000));
    const { link } = await connected((response, name) => {
      const isStream = name === 'stream';
      const bytes = isStream ? Buffer.concat([Buffer.from('data: '), bomb]) : bomb;
      send(response, encoding, encode(encoding, bytes), isStream ? 'text/event-stream' : 'application/json');
    }, 1_000_000);
    await expect(call(link)).rejects.toThrow('more than 1000000 bytes');
    await expect(call(link, 'stream')).rejects.toThrow('too long');
    expect(link.closed).toBe(false);
  });

  it('that is cut or no such thing fails its call, and not the connection', async () => {
    const { link } = await connected((response, name, id) => {
      const bytes = encode(encoding, answerOf(id, 'hello'.repeat(1000)));
      if (name === 'text') send(response, encoding, bytes);
      else if (name === 'cut') send(response, encoding, bytes.subarray(0, bytes.length >> 1));
      else send(response, encoding, Buffer.from('plain text, or so'));
    });
    await expect(call(link, 'cut')).rejects.toThrow('compressed answer that cannot be read');
    await expect(call(link, 'plain')).rejects.toThrow('compressed answer that cannot be read');
    expect(await call(link)).toMatchObject({ ok: true });
  });
});

it('an event comes when it was sent, and not when the stream ends', async () => {
  const { link } = await connected((response, _name, id) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': 'gzip' });
    const gzip = zlib.createGzip();
    gzip.pipe(response);
    gzip.write(`data: ${answerOf(id, 'now')}\n\n`);
    gzip.flush();
  });
  expect(await call(link)).toMatchObject({ ok: true });
});

it.each(['compress', 'gzip, br', 'aws-chunked'])(
  'an answer in %s, which was not offered, fails its call',
  async (encoding) => {
    const { link } = await connected((response, _name, id) => send(response, encoding, answerOf(id, 'hi')));
    await expect(call(link)).rejects.toThrow('compressed answer that cannot be read');
  },
);

it('offers what it can read, and asks for event streams as they are', async () => {
  const { link, asked } = await connected((response, _name, id) => send(response, 'identity', answerOf(id, 'hi')));
  expect(await call(link)).toMatchObject({ ok: true });
  expect([...asked].filter((one) => one.startsWith('POST'))).toEqual([`POST ${OFFERED}`]);
  expect(OFFERED).toMatch(/^gzip, deflate, br(, zstd)?$/);
});

it('any bytes come back in any pieces', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...NAMES),
      fc.uint8Array({ minLength: 1, maxLength: 5000 }),
      fc.integer({ min: 1, max: 700 }),
      async (encoding, bytes, size) => {
        const encoded = encode(encoding, Buffer.from(bytes));
        const out: Buffer[] = [];
        await new Promise<void>((resolve, reject) => {
          const source = { pause: () => undefined, resume: () => undefined };
          const sink = { data: (chunk: Buffer) => void out.push(chunk), end: resolve, failed: reject };
          const decoding = decodingOf(encoding, source, sink);
          for (let at = 0; at < encoded.length; at += size) decoding?.push(encoded.subarray(at, at + size));
          decoding?.end();
        });
        expect(Buffer.concat(out)).toEqual(Buffer.from(bytes));
      },
    ),
    { numRuns: 100 },
  );
});
