/**
 * One keep-alive connection of the load generator: one request at a time over a plain socket, every answer compared byte for
 * byte. A request has a number of nine digits wherever `request` says MARK; so has its answer.
 */
import net from 'node:net';

export const MARK = '000000000';
const CRLF2 = Buffer.from('\r\n\r\n');

/**
 * @param {object} options
 * @param {number} options.port
 * @param {Buffer} options.request the whole HTTP request
 * @param {(body: string, mark: string) => string | undefined} options.check what is wrong with the first answer
 * @param {(mark: number) => number} options.next gives the number of the next request
 * @param {(error: Error) => void} options.failed
 */
export function createCaller({ port, request, check, next, failed }) {
  const marks = positions(request, MARK);
  const incoming = Buffer.allocUnsafe(256 * 1024);
  let mark = '';
  let done;
  /** Body of an answer with the places of its number, once the first was checked. */
  let expected;
  let places = [];
  // Of the answer that is being read:
  let head = '';
  /** Bytes of the body still to come; undefined while headers are read; -1 for a chunked body. */
  let left;
  let matched = 0;
  let pieces = [];

  const socket = net.connect({
    port,
    host: '127.0.0.1',
    noDelay: true,
    onread: {
      buffer: incoming,
      callback: (length) => {
        receive(incoming.subarray(0, length));
        return true;
      },
    },
  });
  socket.on('error', failed);
  socket.on('close', () => {
    if (done !== undefined) failed(new Error(`connection closed before the answer; read so far: ${head}`));
  });

  const complete = () => {
    left = undefined;
    head = '';
    matched = 0;
    const then = done;
    done = undefined;
    then();
  };

  /** The first answer is understood and checked; from then on bytes are compared. */
  const learn = (body) => {
    const problem = check(body.toString(), mark);
    if (problem !== undefined) {
      failed(new Error(`wrong answer: ${problem}\n${body.toString().slice(0, 500)}`));
      return;
    }
    places = positions(body, mark);
    expected = body;
    complete();
  };

  const compare = (part) => {
    const end = matched + part.length;
    if (end > expected.length || part.compare(expected, matched, end) !== 0) {
      failed(new Error(`answer differs near byte ${matched}: ${part.subarray(0, 500)}`));
      return false;
    }
    matched = end;
    return true;
  };

  const receive = (chunk) => {
    if (done === undefined) return failed(new Error(`bytes that nobody asked for: ${chunk.subarray(0, 200)}`));
    let body = chunk;
    if (left === undefined) {
      const end = chunk.indexOf(CRLF2);
      if (end < 0) return failed(new Error('headers came in parts'));
      head = chunk.latin1Slice(0, end);
      if (!head.startsWith('HTTP/1.1 200')) return failed(new Error(`${head}\n${chunk.subarray(end)}`));
      const length = /\r\ncontent-length: *(\d+)/i.exec(head);
      left = length === null ? -1 : Number(length[1]);
      body = chunk.subarray(end + 4);
    }
    if (left < 0 || expected === undefined) return collect(body);
    left -= body.length;
    if (compare(body) && left === 0) complete();
  };

  /** For first answers and chunked bodies, which only the comparison gateway sends. */
  const collect = (part) => {
    if (part.length > 0) pieces.push(Buffer.from(part));
    if (left >= 0) {
      left -= part.length;
      if (left > 0) return;
    }
    const whole = Buffer.concat(pieces);
    const body = left < 0 ? unchunked(whole) : whole;
    if (body === undefined) return;
    pieces = [];
    if (expected === undefined) learn(body);
    else if (body.length !== expected.length) failed(new Error(`answer of ${body.length} bytes: ${body}`));
    else if (compare(body)) complete();
  };

  return {
    /** Sends the next request; `then` is called after its answer was compared. */
    call(then) {
      done = then;
      mark = String(next());
      for (const at of marks) request.latin1Write(mark, at);
      if (expected !== undefined) for (const at of places) expected.latin1Write(mark, at);
      socket.write(request);
    },
    close: () => socket.destroy(),
  };
}

function positions(buffer, mark) {
  const found = [];
  for (let at = buffer.indexOf(mark); at >= 0; at = buffer.indexOf(mark, at + mark.length)) found.push(at);
  return found;
}

/** @returns the data of a chunked body; undefined where it is not complete. */
function unchunked(bytes) {
  const parts = [];
  for (let at = 0; ; ) {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return undefined;
    const size = Number.parseInt(bytes.latin1Slice(at, end), 16);
    const from = end + 2;
    if (bytes.length < from + size + 2) return undefined;
    if (size === 0) return Buffer.concat(parts);
    parts.push(bytes.subarray(from, from + size));
    at = from + size + 2;
  }
}
