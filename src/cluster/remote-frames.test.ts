import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createReader, type Head } from './remote-frames.ts';

const texts = fc.string({ unit: 'grapheme', maxLength: 40 });
const frames = fc.array(fc.tuple(fc.tuple(fc.constantFrom('call', 'reply'), fc.nat(), texts), texts), { maxLength: 8 });

it('property: frames come out as they went in, however the text was cut', () => {
  fc.assert(
    fc.property(frames, fc.array(fc.nat(400), { maxLength: 12 }), (sent, cuts) => {
      const text = sent
        .map(([head, body]) => [JSON.stringify(head), body] as const)
        .map(([head, body]) => `${head.length} ${body.length}\n${head}${body}`)
        .join('');
      const seen: [Head, string][] = [];
      const read = createReader((head, body) => seen.push([head, body]));
      const places = [0, ...cuts.map((cut) => Math.min(cut, text.length)).sort((a, b) => a - b), text.length];
      for (const [at, place] of places.entries()) read(text.slice(places[at - 1] ?? 0, place));
      expect(seen).toEqual(sent);
    }),
  );
});

it('refuses what is no frame', () => {
  const read = createReader(() => {});
  expect(() => read('GET / HTTP/1.1\r\nHost: somebody\r\n\r\n')).toThrow('broken');
  expect(() => createReader(() => {})('x'.repeat(100))).toThrow('broken');
});
