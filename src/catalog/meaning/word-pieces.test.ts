import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { WordPieces } from './word-pieces.ts';

interface Cut {
  readonly text: string;
  readonly pieces: readonly string[];
}

// Made with the original tokenizer by scripts/meaning/tokenizer-sample.py, over the pieces of the table.
const sample = JSON.parse(
  readFileSync(new URL('../../../test/vectors/word-pieces.json', import.meta.url), 'utf8'),
) as readonly Cut[];
const table = readFileSync(new URL('meaning.bin', import.meta.url));
const head = table.subarray(0, table.indexOf('\n') + 1);
const { text: length } = JSON.parse(head.toString()) as { text: number };
const names = table.toString('utf8', head.length, head.length + length).split('\n');
const piecesOf = (known: readonly string[]): WordPieces => {
  const made = new WordPieces();
  for (const [id, piece] of known.entries()) made.add(piece, id);
  return made;
};
const pieces = piecesOf(names);

it('cuts texts as the tokenizer of the model does', () => {
  for (const { text, pieces: expected } of sample) {
    const found = pieces.cut(text).flatMap((ids) => (ids.length === 0 ? ['[UNK]'] : ids.map((id) => names[id])));
    expect(found, text).toEqual(expected);
  }
});

it('takes any text, and makes each word of all of its letters or of none', () => {
  const known = piecesOf(['un', 'do', '##do', '##ne', 'a', '##a', '##b']);
  expect(known.cut('Undo UNDONE, xundo')).toEqual([[0, 2], [0, 2, 3], [], []]);
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
      for (const ids of pieces.cut(text)) for (const id of ids) expect(names[id]).toBeDefined();
    }),
    { numRuns: 200 },
  );
  expect(known.cut('a'.repeat(100))[0]).toHaveLength(100);
  expect(known.cut('a'.repeat(101))).toEqual([[]]);
});
