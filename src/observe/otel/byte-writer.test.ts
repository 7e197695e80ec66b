import { expect, it } from 'vitest';
import { ByteWriter } from './byte-writer.ts';

const [before, after] = [Buffer.from('[['), Buffer.from(']')];

it('what was taken stays as it is until it is given back, and is used again then', () => {
  const writer = new ByteWriter(8);
  const written = (text: string): Buffer => {
    writer.reserve(3 * text.length);
    writer.text(text);
    return writer.take(before, after);
  };
  const first = written('one');
  const second = written('two, ä');
  expect([first.toString(), second.toString()]).toEqual(['[[one]', '[[two, ä]']);
  writer.giveBack(first);
  const third = written('three');
  const fourth = written('x'.repeat(200));
  expect([second.toString(), third.toString()]).toEqual(['[[two, ä]', '[[three]']);
  expect(fourth.length).toBe(203);
  expect(fourth.buffer === first.buffer).toBe(true);
  expect(writer.isEmpty).toBe(true);
});

it('blocks of any size, and parts of others', () => {
  const writer = new ByteWriter(0);
  for (const size of [0, 1, 40, 41, 500]) writer.block(Buffer.alloc(size, 97));
  writer.part(Buffer.from('abcdef'), 2, 3);
  expect(writer.take(Buffer.alloc(0), Buffer.alloc(0)).toString()).toBe(`${'a'.repeat(582)}cde`);
});
