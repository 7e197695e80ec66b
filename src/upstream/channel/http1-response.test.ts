import { Buffer } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import process from 'node:process';
import { Duplex } from 'node:stream';
import fc from 'fast-check';
import type { Dispatcher } from 'undici';
import Client from 'undici/lib/dispatcher/client.js';
import { describe, expect, it } from 'vitest';
import { Http1ResponseReader, type ResponseHead } from './http1-response.ts';

const RUNS = Number(process.env['EXCHANGES'] ?? (process.env['LONG'] === '1' ? 30_000 : 1_500));

/** The result of reading the bytes of a connection: a response, or `refused` for what is none, or not all of one. */
type Outcome = { status: number; headers: IncomingHttpHeaders; body: string } | 'refused';

interface Read {
  readonly outcome: Outcome;
  readonly isReusable: boolean;
}

/** Reads the pieces, and then the end of the connection. */
function read(pieces: readonly Buffer[]): Read {
  let head: ResponseHead | undefined;
  let isReusable: boolean | undefined;
  const body: Buffer[] = [];
  const reader = new Http1ResponseReader({
    head: (found) => {
      head = found;
    },
    data: (bytes) => void body.push(Buffer.from(bytes)),
    end: (reusable) => {
      isReusable = reusable;
    },
  });
  reader.expect();
  try {
    for (const piece of pieces) if (!reader.push(piece)) break;
    if (isReusable === undefined) reader.finish();
  } catch {
    return { outcome: 'refused', isReusable: false };
  }
  if (head === undefined || isReusable === undefined) return { outcome: 'refused', isReusable: false };
  const { status, headers } = head;
  return { outcome: { status, headers: { ...headers }, body: Buffer.concat(body).toString('latin1') }, isReusable };
}

/** The server's end of a connection in memory. */
class Line extends Duplex {
  ref = (): this => this;
  unref = (): this => this;

  constructor(pieces: readonly Buffer[]) {
    super({
      read: () => undefined,
      write: (_chunk, _encoding, done) => {
        done();
        if (this.writableEnded || this.readableEnded || this.#isAnswered) return;
        this.#isAnswered = true;
        setImmediate(() => {
          for (const piece of pieces) this.push(piece);
          this.push(null);
        });
      },
    });
  }

  #isAnswered = false;
}

/** The same with undici. */
function oracle(pieces: readonly Buffer[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const client = new Client('http://oracle', {
      connect: (_options, callback) => setImmediate(() => callback(null, new Line(pieces) as never)),
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    let head: ResponseHead | undefined;
    const body: Buffer[] = [];
    const finish = (outcome: Outcome): void => {
      resolve(outcome);
      client.destroy().catch(() => undefined);
    };
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart: () => undefined,
      onResponseStart: (_controller, status, headers) => {
        if (status >= 200) head = { status, headers };
      },
      onResponseData: (_controller, chunk) => void body.push(Buffer.from(chunk)),
      onResponseEnd: () => {
        const { status = 0, headers = {} } = head ?? {};
        finish({ status, headers: trimmed(headers), body: Buffer.concat(body).toString('latin1') });
      },
      onResponseError: () => finish('refused'),
    };
    client.on('disconnect', () => setImmediate(() => finish('refused')));
    client.dispatch({ method: 'POST', path: '/', body: '{}' }, handler);
  });
}

/** undici keeps white space at the end of a value, which is no part of it (RFC 9112, section 5.1). */
function trimmed(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const without = (value: string | string[] | undefined): string | string[] | undefined =>
    Array.isArray(value) ? value.map((one) => one.replace(/[ \t]+$/, '')) : value?.replace(/[ \t]+$/, '');
  return Object.fromEntries(Object.entries(headers).map(([key, value]) => [key, without(value)]));
}

/** Cuts bytes into pieces. */
function cut(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const places = [...new Set(cuts.map((place) => place % (bytes.length + 1)))].sort((one, other) => one - other);
  const ends = [...places, bytes.length];
  return ends
    .map((end, index) => bytes.subarray(index === 0 ? 0 : ends[index - 1], end))
    .filter(({ length }) => length > 0);
}

const cuts = fc.array(fc.nat(2000), { maxLength: 8 });
const name = fc.constantFrom('x-a', 'X-Token', 'date', 'Content-Type', 'set-cookie', 'www-authenticate', '__proto__');
const value = fc.oneof(
  fc.constantFrom('', 'a', 'application/json', 'timeout=5', '\xe9', 'two  words', 'a,b', '"q\\"'),
  fc.string({ maxLength: 12 }).map((text) => text.replace(/[^\x21-\x7e]/g, '.')),
);
const space = fc.constantFrom('', ' ', '  ', '\t');
const fields = fc.array(
  fc.tuple(name, space, value, space).map(([key, before, text, after]) => `${key}:${before}${text}${after}\r\n`),
  { maxLength: 5 },
);
const chunk = fc.tuple(fc.string({ minLength: 1, maxLength: 40 }), fc.constantFrom('', '', ';a', ';a=b', ';a="b"'));
const connection = fc.constantFrom(
  '',
  'connection: close\r\n',
  'Connection: keep-alive\r\n',
  'keep-alive: timeout=5\r\n',
);
const start = fc.tuple(
  fc.array(fc.constantFrom('HTTP/1.1 102 Processing\r\n\r\n', 'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n'), {
    maxLength: 2,
  }),
  fc.constantFrom('HTTP/1.1 200 OK', 'HTTP/1.1 200', 'HTTP/1.1 404 Not Found', 'HTTP/1.1 503 x y', 'HTTP/1.0 200 OK'),
);

/** Responses that servers may send. */
const response = fc
  .tuple(
    start,
    fields,
    connection,
    fc.array(chunk, { maxLength: 4 }),
    fc.constantFrom('length', 'chunks', 'rest', 'none'),
  )
  .map(([[before, line], lines, option, chunks, framing]) => {
    const body = chunks.map(([text]) => text).join('');
    const head = `${before.join('')}${line}\r\n${lines.join('')}${option}`;
    const isOld = line.startsWith('HTTP/1.0');
    if (framing === 'none') return bytesOf(`${before.join('')}HTTP/1.1 204 No Content\r\n${option}\r\n`);
    if (framing === 'rest') return bytesOf(`${head}\r\n${utf8(body)}`);
    if (framing === 'length' || isOld)
      return bytesOf(`${head}content-length: ${utf8(body).length}\r\n\r\n${utf8(body)}`);
    const coded = chunks
      .map(([text, more]) => `${utf8(text).length.toString(16)}${more}\r\n${utf8(text)}\r\n`)
      .join('');
    return bytesOf(`${head}Transfer-Encoding: chunked\r\n\r\n${coded}0\r\n\r\n`);
  });

const utf8 = (text: string): string => Buffer.from(text).toString('latin1');
const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Texts about which two readers have disagreed before. */
const PIECES = [
  '\r\n',
  '\n',
  '\r',
  '\0',
  ' ',
  ':',
  ';',
  '0\r\n\r\n',
  'content-length: 3\r\n',
  'content-length: 3, 3\r\n',
  'content-length: +3\r\n',
  'content-length: 0x3\r\n',
  'content-length : 3\r\n',
  'Content-Length: 3\r\n',
  'transfer-encoding: chunked\r\n',
  'transfer-encoding: gzip, chunked\r\n',
  'transfer-encoding: identity\r\n',
  'Transfer-Encoding:\x0bchunked\r\n',
  'transfer-encoding: xchunked\r\n',
  ' folded\r\n',
  'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n',
  'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
  'ffffffffffffffff\r\n',
  '-1\r\n',
  '3;\r\n',
  '\x80',
];

const mutated = fc
  .tuple(
    response,
    fc.array(fc.tuple(fc.nat(3000), fc.nat(12), fc.constantFrom(...PIECES, '')), { minLength: 1, maxLength: 3 }),
  )
  .map(([bytes, changes]) => {
    let text = bytes.toString('latin1');
    for (const [place, length, piece] of changes) {
      const at = place % (text.length + 1);
      text = text.slice(0, at) + piece + text.slice(at + (piece === '' ? length : 0));
    }
    return bytesOf(text);
  });

describe('responses of HTTP/1.1', () => {
  it('are read as undici reads them, however they are cut', async () => {
    await fc.assert(
      fc.asyncProperty(response, cuts, async (bytes, places) => {
        const { outcome } = read(cut(bytes, places));
        expect(outcome).not.toBe('refused');
        expect(outcome).toEqual(await oracle(cut(bytes, places)));
      }),
      { numRuns: RUNS },
    );
  }, 3_600_000);

  it('that are changed anywhere are read as undici reads them, or refused', async () => {
    await fc.assert(
      fc.asyncProperty(mutated, cuts, async (bytes, places) => {
        const whole = read([bytes]);
        expect(read(cut(bytes, places)).outcome).toEqual(whole.outcome);
        if (whole.outcome !== 'refused') expect(whole.outcome).toEqual(await oracle([bytes]));
      }),
      { numRuns: RUNS },
    );
  }, 3_600_000);

  it('that are cut off are refused, unless the end of the connection is theirs', () => {
    fc.assert(
      fc.property(response, fc.nat(3000), (bytes, place) => {
        const whole = read([bytes]);
        const part = read([bytes.subarray(0, place % bytes.length)]);
        if (part.outcome === 'refused') return;
        // A body without a length is what comes.
        expect(part.isReusable).toBe(false);
        expect(whole.outcome).toMatchObject({ headers: part.outcome.headers });
        expect(part.outcome.headers['content-length'] ?? part.outcome.headers['transfer-encoding']).toBeUndefined();
      }),
    );
  });

  it.each([
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\n{}'],
    ['a list of lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 2, 2\r\n\r\n{}'],
    ['a length with a sign', 'HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\n{}'],
    [
      'length and chunks',
      'HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
    ],
    ['chunks of HTTP/1.0', 'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'],
    ['another coding', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n'],
    ['space before a colon', 'HTTP/1.1 200 OK\r\ncontent-length : 2\r\n\r\n{}'],
    ['a header that goes on', 'HTTP/1.1 200 OK\r\na: b\r\n c\r\ncontent-length: 2\r\n\r\n{}'],
    ['NUL in a header', 'HTTP/1.1 200 OK\r\na: b\0c\r\ncontent-length: 2\r\n\r\n{}'],
    ['lines that end with LF', 'HTTP/1.1 200 OK\ncontent-length: 2\n\n{}'],
    [
      'a chunk that is longer than it says',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\n{}\r\n0\r\n\r\n',
    ],
    ['a size that is none', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0x2\r\n{}\r\n0\r\n\r\n'],
    ['a size that ends with LF', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\n{}\r\n0\r\n\r\n'],
    [
      'a size beyond all numbers',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nffffffffffffffff2\r\n{}\r\n0\r\n\r\n',
    ],
    ['another protocol', 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n'],
    ['another version', 'HTTP/2.0 200 OK\r\ncontent-length: 2\r\n\r\n{}'],
    ['a greeting', 'SSH-2.0-OpenSSH_9.2p1\r\n'],
    ['informational responses without end', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(40)],
    ['a long head', `HTTP/1.1 200 OK\r\n${`x-${'a'.repeat(100)}: b\r\n`.repeat(200)}\r\n`],
  ])('with %s are refused, a byte at a time too', (_, text) => {
    const bytes = bytesOf(text);
    expect(read([bytes]).outcome).toBe('refused');
    expect(read(Array.from(bytes, (byte) => Buffer.from([byte]))).outcome).toBe('refused');
  });

  it('leave a connection for the next request only where nothing speaks against it', () => {
    const reusable = (text: string): boolean => read([bytesOf(text)]).isReusable;
    expect(reusable('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}')).toBe(true);
    expect(reusable('HTTP/1.0 200 OK\r\nconnection: Keep-Alive\r\ncontent-length: 2\r\n\r\n{}')).toBe(true);
    expect(reusable('HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n{}')).toBe(false);
    expect(reusable('HTTP/1.1 200 OK\r\nconnection: x, Close\r\ncontent-length: 2\r\n\r\n{}')).toBe(false);
    expect(reusable('HTTP/1.1 200 OK\r\n\r\n{}')).toBe(false);
    // The beginning of a response that nobody asked for.
    expect(reusable('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\n')).toBe(false);
  });
});
