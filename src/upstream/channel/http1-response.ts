/**
 * Reads responses of HTTP/1.1 (RFC 9112) as their bytes come. Strict: what two readers may take for two things is refused, since on
 * a connection that is used again the rest of one response would be read as the next one.
 */
import { Buffer } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';

/** Bytes that the head of a response may have, or a line of a chunked body; as in Node. */
const MAX_HEAD_BYTES = 16 * 1024;
/** Informational responses before the real one. */
const MAX_INFORMATIONAL = 32;

const CR = 0x0d;
const LF = 0x0a;
const HEAD_END = Buffer.from('\r\n\r\n');
const BEGINNING = 'HTTP/1.';
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const NOT_IN_VALUES = /[^\t\x20-\x7e\x80-\xff]/;
/** A size, and extensions that nobody needs (RFC 9112, section 7.1.1). */
const CHUNK_LINE =
  /^([0-9A-Fa-f]{1,13})(?:;[!#$%&'*+.^_`|~\w-]+(?:=(?:[!#$%&'*+.^_`|~\w-]+|"(?:[\t !#-[\]-~\x80-\xff]|\\[\t -~\x80-\xff])*"))?)*$/;
const LENGTH = /^\d{1,15}$/;

const FRAMING: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding']);

/** The bytes of a server are no response. */
export class ResponseSyntaxError extends Error {}

/** The head of a response is longer than heads may be. */
class HeadTooLongError extends Error {
  readonly code = 'HEAD_TOO_LONG';
}

export interface ResponseHead {
  readonly status: number;
  /** Names are lower-case; a header that stands there several times has a list of values. */
  readonly headers: IncomingHttpHeaders;
}

/** Takes what is read. Each may stop the reader. */
export interface ResponseSink {
  head(head: ResponseHead): void;
  /** @param bytes good until it returns: the place is used again. */
  data(bytes: Buffer): void;
  /**
   * @param isReusable true where the connection can carry another request.
   * @param keepAliveMs milliseconds for which the server then keeps it; undefined where it does not say.
   */
  end(isReusable: boolean, keepAliveMs: number | undefined): void;
}

type Part = 'idle' | 'head' | 'fixed' | 'chunk line' | 'chunk' | 'chunk end' | 'trailer' | 'rest';

export class Http1ResponseReader {
  readonly #sink: ResponseSink;
  /** The part that is being read; `idle` while there is no request that a response could be to. */
  #part: Part = 'idle';
  /** The beginning of a head or line, whose rest is still to come. */
  #held = '';
  /** Bytes that the body, or the chunk, still has. */
  #left = 0;
  #isKept = false;
  #isHead = false;
  #keepAliveMs: number | undefined;
  #informational = 0;
  #trailerBytes = 0;

  constructor(sink: ResponseSink) {
    this.#sink = sink;
  }

  /** A request was sent: its response is to come. @param isHead true for the answer to HEAD, which has no body whatever its head says */
  expect(isHead = false): void {
    this.#part = 'head';
    this.#isHead = isHead;
    this.#informational = 0;
    this.#trailerBytes = 0;
    this.#held = '';
  }

  /** Nobody wants the rest. */
  stop(): void {
    this.#part = 'idle';
  }

  /**
   * Reads what has come.
   * @returns false where there was more than the response, or no response was to come.
   * @throws ResponseSyntaxError, HeadTooLongError
   */
  push(bytes: Buffer): boolean {
    let at = 0;
    while (at < bytes.length) {
      switch (this.#part) {
        case 'idle':
          return false;
        case 'head':
          at = this.#readHead(bytes, at);
          break;
        case 'rest':
          this.#sink.data(at === 0 ? bytes : bytes.subarray(at));
          at = bytes.length;
          break;
        case 'fixed':
        case 'chunk':
          at = this.#readBody(bytes, at);
          break;
        default:
          at = this.#readLine(bytes, at);
      }
    }
    return true;
  }

  /** The server ended the connection. @returns true where that is not in the middle of a response. */
  finish(): boolean {
    if (this.#part === 'rest') this.#end(false, true);
    return this.#part === 'idle';
  }

  #readHead(bytes: Buffer, from: number): number {
    let at = from;
    let text: string;
    if (this.#held === '') {
      // An empty line before a response is the end of the one before, sent once too often.
      while (bytes[at] === CR || bytes[at] === LF) at++;
      const end = bytes.indexOf(HEAD_END, at);
      if (end < 0) {
        this.#hold(latin1(bytes, at, at + MAX_HEAD_BYTES + 1));
        return bytes.length;
      }
      text = latin1(bytes, at, end);
      at = end + HEAD_END.length;
    } else {
      const before = this.#held.length;
      const held = this.#held + latin1(bytes, at, at + MAX_HEAD_BYTES + 1);
      const end = held.indexOf('\r\n\r\n', Math.max(0, before - 3));
      if (end < 0) {
        this.#hold(held);
        return bytes.length;
      }
      text = held.slice(0, end);
      at += end + HEAD_END.length - before;
      this.#held = '';
    }
    if (text.length > MAX_HEAD_BYTES) throw new HeadTooLongError();
    this.#beginBody(text, at === bytes.length);
    return at;
  }

  /** Keeps the beginning of a head, if it can be one: other protocols wait for an answer to their greeting. */
  #hold(text: string): void {
    if (!text.startsWith(BEGINNING) && !BEGINNING.startsWith(text)) throw new ResponseSyntaxError();
    if (text.length > MAX_HEAD_BYTES) throw new HeadTooLongError();
    this.#held = text;
  }

  #beginBody(text: string, isAll: boolean): void {
    const lines = text.split('\r\n');
    const [, minor, code] = STATUS_LINE.exec(lines[0] ?? '') ?? [];
    if (code === undefined) throw new ResponseSyntaxError();
    const status = Number(code);
    const headers = headersOf(lines);
    if (status < 200) {
      // 101 would be another protocol, for which nobody asked; none of them has a body (RFC 9110, section 8.6).
      const isFramed = [...FRAMING].some((name) => headers[name] !== undefined);
      if (status === 101 || isFramed || ++this.#informational > MAX_INFORMATIONAL) throw new ResponseSyntaxError();
      return;
    }
    const framed = framing(headers, status, minor === '1');
    const length = this.#isHead ? 0 : framed;
    this.#isKept = length !== 'rest' && staysOpen(headers, minor === '1');
    this.#keepAliveMs = timeoutOf(headers);
    this.#left = typeof length === 'number' ? length : 0;
    this.#part = length === 'rest' ? 'rest' : length === 'chunked' ? 'chunk line' : 'fixed';
    this.#sink.head({ status, headers });
    if (this.#part === 'fixed' && this.#left === 0) this.#end(this.#isKept, isAll);
  }

  #readBody(bytes: Buffer, at: number): number {
    const end = Math.min(bytes.length, at + this.#left);
    this.#left -= end - at;
    const isAll = end === bytes.length;
    this.#sink.data(at === 0 && isAll ? bytes : bytes.subarray(at, end));
    // The sink may have stopped it.
    if (this.#left > 0 || this.#part === 'idle') return end;
    if (this.#part === 'chunk') this.#part = 'chunk end';
    else this.#end(this.#isKept, isAll);
    return end;
  }

  /** Reads a line of a chunked body: a size, the end of a chunk, or a trailer. */
  #readLine(bytes: Buffer, at: number): number {
    const end = bytes.indexOf(LF, at);
    const line = this.#held + latin1(bytes, at, end < 0 ? at + MAX_HEAD_BYTES + 1 : end);
    if (line.length > MAX_HEAD_BYTES) throw new HeadTooLongError();
    if (end < 0) {
      this.#held = line;
      return bytes.length;
    }
    this.#held = '';
    if (!line.endsWith('\r')) throw new ResponseSyntaxError();
    this.#takeLine(line.slice(0, -1), end + 1 === bytes.length);
    return end + 1;
  }

  #takeLine(line: string, isAll: boolean): void {
    if (this.#part === 'chunk line') {
      const size = CHUNK_LINE.exec(line)?.[1];
      if (size === undefined) throw new ResponseSyntaxError();
      this.#left = Number.parseInt(size, 16);
      this.#part = this.#left === 0 ? 'trailer' : 'chunk';
    } else if (this.#part === 'chunk end') {
      if (line !== '') throw new ResponseSyntaxError();
      this.#part = 'chunk line';
    } else if (line === '') {
      this.#end(this.#isKept, isAll);
    } else {
      this.#trailerBytes += line.length;
      if (this.#trailerBytes > MAX_HEAD_BYTES) throw new HeadTooLongError();
      // A trailer that says how long the message is would be believed by some (RFC 9110, section 6.5.1).
      if (FRAMING.has(fieldOf(line).name)) throw new ResponseSyntaxError();
    }
  }

  #end(isKept: boolean, isAll: boolean): void {
    this.#part = 'idle';
    this.#sink.end(isKept && isAll, this.#keepAliveMs);
  }
}

function latin1(bytes: Buffer, from: number, to: number): string {
  return bytes.toString('latin1', from, Math.min(to, bytes.length));
}

function headersOf(lines: readonly string[]): IncomingHttpHeaders {
  const headers = Object.create(null) as Record<string, string | string[]>;
  for (let index = 1; index < lines.length; index++) {
    const { name, value } = fieldOf(lines[index] ?? '');
    const before = headers[name];
    headers[name] = before === undefined ? value : Array.isArray(before) ? [...before, value] : [before, value];
  }
  return headers;
}

/** A header or trailer. Lines that go on in the next one are refused (RFC 9112, section 5.2). */
function fieldOf(line: string): { readonly name: string; readonly value: string } {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0));
  const value = withoutSpace(line, colon + 1);
  if (!TOKEN.test(name) || NOT_IN_VALUES.test(value)) throw new ResponseSyntaxError();
  return { name: name.toLowerCase(), value };
}

/** The rest of a line without white space around it. */
function withoutSpace(line: string, from: number): string {
  let start = from;
  let end = line.length;
  while (start < end && isSpace(line.charCodeAt(start))) start++;
  while (end > start && isSpace(line.charCodeAt(end - 1))) end--;
  return line.slice(start, end);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

/** The length of the body (RFC 9112, section 6.3): in bytes, in chunks, or up to the end of the connection. */
function framing(headers: IncomingHttpHeaders, status: number, isHttp11: boolean): number | 'chunked' | 'rest' {
  const encoding: unknown = headers['transfer-encoding'];
  const length: unknown = headers['content-length'];
  // They have no body, whatever they say: what others take for one would be the next response.
  const isEmpty = status === 204 || status === 304;
  if (length !== undefined && (typeof length !== 'string' || !LENGTH.test(length))) throw new ResponseSyntaxError();
  if (encoding !== undefined) {
    const isChunked = typeof encoding === 'string' && encoding.toLowerCase() === 'chunked';
    if (!isChunked || !isHttp11 || length !== undefined || isEmpty) throw new ResponseSyntaxError();
    return 'chunked';
  }
  if (isEmpty && Number(length ?? 0) > 0) throw new ResponseSyntaxError();
  if (length === undefined) return isEmpty ? 0 : 'rest';
  return Number(length);
}

function staysOpen(headers: IncomingHttpHeaders, isHttp11: boolean): boolean {
  const { connection } = headers;
  if (connection === undefined || connection === 'keep-alive') return isHttp11 || connection !== undefined;
  const options = String(connection)
    .toLowerCase()
    .split(/[ \t]*,[ \t]*/);
  return !options.includes('close') && (isHttp11 || options.includes('keep-alive'));
}

function timeoutOf(headers: IncomingHttpHeaders): number | undefined {
  const given = headers['keep-alive'];
  const seconds =
    given === undefined ? undefined : /(?:^|[\s,;])timeout=(\d{1,6})(?:[\s,;]|$)/i.exec(String(given))?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
