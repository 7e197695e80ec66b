/**
 * Messages between the workers of one gateway, over a connection of their own: a small head, which is JSON, and a body, which is text
 * that nobody looks at. What one turn of the event loop has to say is one write.
 */
import type { Socket } from 'node:net';
import { writable } from '../shared/large-text.ts';

/** `[kind, ...]`, by the agreement of both ends; they are one program. */
export type Head = readonly [string, ...unknown[]];

export interface Frames {
  send(head: Head, body?: string): void;
}

/** Characters of the line that says how long head and body are. */
const MAX_LINE = 32;

/**
 * @param take called with each frame. What it throws ends the socket.
 */
export function frames(socket: Socket, take: (head: Head, body: string) => void): Frames {
  let waiting = '';
  const flush = (): void => {
    const text = waiting;
    waiting = '';
    if (socket.writable) socket.write(writable(text));
  };
  const read = createReader(take);
  socket.setEncoding('utf8');
  socket.on('data', (chunk: string) => {
    try {
      read(chunk);
    } catch (error) {
      socket.destroy(error instanceof Error ? error : undefined);
    }
  });
  return {
    send(head, body = '') {
      // After everything that this turn of the event loop has to say.
      if (waiting === '') setImmediate(flush);
      const text = JSON.stringify(head);
      waiting += `${text.length} ${body.length}\n${text}${body}`;
    },
  };
}

/** Lengths count UTF-16 code units, as both ends count text. */
export function createReader(take: (head: Head, body: string) => void): (chunk: string) => void {
  /** The bytes of the frame that is being read, until there are enough. */
  let parts: string[] = [];
  let have = 0;
  let need = 0;
  return (chunk) => {
    parts.push(chunk);
    have += chunk.length;
    if (have < need) return;
    const text = parts.length === 1 ? chunk : parts.join('');
    let at = 0;
    need = 0;
    while (at < text.length) {
      const line = text.indexOf('\n', at);
      if (line < 0) {
        if (text.length - at > MAX_LINE) throw new Error('A frame between workers is broken.');
        break;
      }
      const space = text.indexOf(' ', at);
      const start = line + 1;
      const middle = start + Number(text.slice(at, space));
      const end = middle + Number(text.slice(space + 1, line));
      if (Number.isNaN(end)) throw new Error('A frame between workers is broken.');
      if (end > text.length) {
        need = end - at;
        break;
      }
      at = end;
      take(JSON.parse(text.slice(start, middle)) as Head, text.slice(middle, end));
    }
    parts = at === text.length ? [] : [text.slice(at)];
    have = text.length - at;
  };
}
