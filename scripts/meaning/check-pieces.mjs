/**
 * Compares how texts are cut into pieces with what the original tokenizer says: `node scripts/meaning/check-pieces.mjs TOKENIZER.json
 * SAMPLE.json`, the sample being of tokenizer-sample.py. Exits with 1 where a text is cut otherwise.
 */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { load } from '../../bench/bundle.mjs';

const { WordPieces } = await load('src/catalog/meaning/word-pieces.ts');
const [tokenizer, sample] = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, 'utf8')));
const vocabulary = Object.entries(tokenizer.model.vocab).sort(([, a], [, b]) => a - b);
const names = vocabulary.map(([piece]) => piece);
const pieces = new WordPieces();
for (const [id, piece] of names.entries()) pieces.add(piece, id);
let wrong = 0;
for (const { text, pieces: expected } of sample) {
  // A word that cannot be cut is `[UNK]` there and nothing here; so are the names of special pieces in brackets.
  const found = pieces.cut(text).flatMap((ids) => (ids.length === 0 ? ['[UNK]'] : ids.map((id) => names[id])));
  if (JSON.stringify(found) === JSON.stringify(expected)) continue;
  wrong++;
  if (wrong <= 20) process.stdout.write(`${JSON.stringify({ text, found, expected })}\n`);
}
process.stdout.write(`${sample.length} texts, ${wrong} cut otherwise\n`);
process.exitCode = wrong === 0 ? 0 : 1;
