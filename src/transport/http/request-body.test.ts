import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, it, vi } from 'vitest';
import { type Body, readRequestBody } from './request-body.ts';

const MAX = 1024 * 1024;

/** Reads a body that comes in pieces. @param declared its length, where the client says it */
async function read(pieces: readonly string[], declared: number | undefined, hasRoom: boolean) {
  const request = new IncomingMessage(new Socket());
  if (declared !== undefined) request.headers['content-length'] = String(declared);
  const room = vi.fn((_bytes: number) => hasRoom);
  const body = await new Promise<Body>((done) => {
    readRequestBody(request, MAX, room, done);
    for (const piece of pieces) request.push(piece);
    request.push(null);
  });
  return { kind: body.kind, asked: room.mock.calls.flat() };
}

describe('a body', () => {
  const large = 'x'.repeat(100_000);

  it.each([
    ['small', ['{}'], 2, []],
    ['small without a length', ['{', '}'], undefined, []],
    ['large', [large, large], 200_000, [200_000]],
    ['large without a length', [large, large, large], undefined, [MAX]],
  ] as const)('that is %s asks for room once, if at all', async (_what, pieces, declared, asked) => {
    expect(await read(pieces, declared, true)).toEqual({ kind: 'text', asked });
    const refused = await read(pieces, declared, false);
    expect(refused).toEqual({ kind: asked.length === 0 ? 'text' : 'no room', asked });
  });

  it('that is too large asks for none', async () => {
    expect(await read([], MAX + 1, true)).toEqual({ kind: 'too large', asked: [] });
    const pieces = Array<string>(12).fill(large);
    expect(await read(pieces, undefined, true)).toEqual({ kind: 'too large', asked: [MAX] });
  });
});
