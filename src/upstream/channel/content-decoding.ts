/** Compressed bodies (RFC 9110, section 8.4): what is offered to servers, and what comes of it, piece by piece. */
import type { Buffer } from 'node:buffer';
import type { Transform } from 'node:stream';
import zlib from 'node:zlib';

/** Bytes that are decoded at a time: whoever counts them stops early. */
const PIECE_BYTES = 64 * 1024;
const OPTIONS = { chunkSize: PIECE_BYTES };

/** Undefined in a Node that cannot decode `zstd`. */
const { createZstdDecompress } = zlib as { readonly createZstdDecompress?: (options: object) => Transform };

const DECODERS = new Map<string, (first: Buffer) => Transform>([
  ['gzip', () => zlib.createGunzip(OPTIONS)],
  ['x-gzip', () => zlib.createGunzip(OPTIONS)],
  // Some servers leave out the wrapper that is meant by this name (RFC 9110, section 8.4.1.2).
  ['deflate', (first) => (isWrapped(first) ? zlib.createInflate(OPTIONS) : zlib.createInflateRaw(OPTIONS))],
  ['br', () => zlib.createBrotliDecompress(OPTIONS)],
]);
if (createZstdDecompress !== undefined) DECODERS.set('zstd', () => createZstdDecompress(OPTIONS));

/** Value of `Accept-Encoding`. */
export const OFFERED: string = [...DECODERS.keys()].filter((name) => name !== 'x-gzip').join(', ');

/** A body is in an encoding that was not offered, or not in the one that it says. */
export class DecodingError extends Error {}

export interface Sink {
  data(chunk: Buffer): void;
  /** All was decoded. */
  end(): void;
  failed(error: DecodingError): void;
}

/** The origin of the bytes. */
export interface EncodedSource {
  pause(): void;
  resume(): void;
}

export interface Decoding extends EncodedSource {
  push(chunk: Buffer): void;
  /** No more bytes come. */
  end(): void;
  destroy(): void;
}

/** @returns undefined where the body is as it is. */
export function decodingOf(
  encoding: string | string[] | undefined,
  source: EncodedSource,
  sink: Sink,
): Decoding | undefined {
  if (encoding === undefined) return undefined;
  const names = String(encoding)
    .split(',')
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== '' && name !== 'identity');
  return names.length === 0 ? undefined : createDecoding(names.length === 1 ? names[0] : undefined, source, sink);
}

function createDecoding(name: string | undefined, source: EncodedSource, sink: Sink): Decoding {
  let decoder: Transform | undefined;
  let isPaused = false;

  const begin = (first: Buffer): Transform | undefined => {
    const create = DECODERS.get(name ?? '');
    if (create === undefined) {
      sink.failed(new DecodingError('The encoding was not offered.'));
      return undefined;
    }
    const decoding = create(first);
    decoding.on('data', (chunk: Buffer) => sink.data(chunk));
    decoding.on('drain', () => source.resume());
    decoding.on('end', () => sink.end());
    decoding.on('error', (error) => sink.failed(new DecodingError('', { cause: error })));
    if (isPaused) decoding.pause();
    return decoding;
  };

  return {
    push(chunk) {
      decoder ??= begin(chunk);
      if (decoder?.write(chunk) === false) source.pause();
    },
    // A body without a byte is none, whatever its headers say.
    end: () => (decoder === undefined ? sink.end() : void decoder.end()),
    pause() {
      isPaused = true;
      decoder?.pause();
    },
    resume() {
      isPaused = false;
      decoder?.resume();
    },
    destroy: () => void decoder?.destroy(),
  };
}

/** RFC 1950, section 2.2: method 8, and a check of the first two bytes; one byte alone decides by its method. */
function isWrapped(first: Buffer): boolean {
  const [head = 0, check] = first;
  return (head & 0x0f) === 8 && (check === undefined || ((head << 8) | check) % 31 === 0);
}
