/**
 * Reads large texts in slices, and of everything large together there is one slice per turn of the event loop: others never wait
 * for more than that, however much there is.
 */
import { Buffer } from 'node:buffer';

/** Bytes or characters from which a message is read in slices. */
const LARGE = 256 * 1024;
const SLICE_MS = 5;
/** Bytes or characters between two looks at the clock, for work that is done in steps. */
export const STEP = 64 * 1024;
/** Bytes that are decoded at once: texts of this size are not copied by V8's collector, as smaller ones are. */
const DECODED = 256 * 1024;

const waiting: (() => void)[] = [];

const next = (): void => {
  waiting.shift()?.();
  if (waiting.length > 0) setImmediate(next);
};

/** Resolves in a turn of the event loop that no other large work has. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (waiting.push(resolve) === 1) setImmediate(next);
  });
}

export function isLarge(size: number): boolean {
  return size >= LARGE;
}

/** The chunks of a text for a stream: of large texts that wait together Node would make one more copy, three times as long. */
export function writable(text: string): string | Buffer {
  return isLarge(text.length) ? Buffer.from(text) : text;
}

/** @returns undefined where a message of so many bytes may be read at once. */
export function turnFor(bytes: number): Promise<void> | undefined {
  return isLarge(bytes) ? turn() : undefined;
}

/** Does long work step by step. @param step returns whether it was the last; what it throws rejects. */
export async function inTurns(step: () => boolean): Promise<void> {
  await turn();
  let until = performance.now() + SLICE_MS;
  while (!step()) {
    if (performance.now() < until) continue;
    await turn();
    until = performance.now() + SLICE_MS;
  }
}

/** Takes a text piece by piece, none of which begins or ends inside of a character. @param take returns false where the rest is not wanted */
export async function eachPiece(text: string, take: (piece: string) => boolean): Promise<void> {
  let at = 0;
  await inTurns(() => {
    let end = Math.min(at + STEP, text.length);
    if (end < text.length && (text.charCodeAt(end) & 0xfc00) === 0xdc00) end--;
    const goesOn = take(text.slice(at, end));
    at = end;
    return !goesOn || at === text.length;
  });
}

/** The text of valid UTF-8; decoding much of it that is not ASCII takes long. */
export async function decodeLarge(bytes: Buffer): Promise<string> {
  const pieces: string[] = [];
  let at = 0;
  await inTurns(() => {
    let end = Math.min(at + DECODED, bytes.length);
    // Not inside of a character.
    while (end < bytes.length && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
    pieces.push(bytes.toString('utf8', at, end));
    at = end;
    return at === bytes.length;
  });
  return pieces.join('');
}
