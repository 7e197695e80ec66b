/**
 * Writes the near words of words: for each whole word of the table of meanings, the words that are nearest to it by meaning, as numbers of pieces.
 * `node scripts/meaning/near-words.mjs`: a minute or two. Depends on the table and on nothing else.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { load } from '../../bench/bundle.mjs';

const { stem } = await load('src/catalog/search/stem.ts');
const FOLDER = new URL('../../src/catalog/meaning/', import.meta.url);
/** The cosine from which on a word is near. */
const LEAST = 0.4;
/** Near words of a word. */
const MOST = 8;
/** Words that can be near: the most frequent ones, which come first in the table. */
const FREQUENT = 9000;

const table = readFileSync(new URL('meaning.bin', FOLDER));
const head = table.subarray(0, table.indexOf('\n') + 1);
const { dimensions, pieces, text } = JSON.parse(head);
const names = table.toString('utf8', head.length, head.length + text).split('\n');
const numbers = new Int8Array(table.buffer, table.byteOffset + head.length + text + 4 * pieces, pieces * dimensions);
const words = names.flatMap((name, id) => (/^[a-z]{3,}$/.test(name) ? [{ id, name, stem: stem(name) }] : []));
const frequent = words.slice(0, FREQUENT);
const inverses = new Map(words.map(({ id }) => [id, 1 / Math.sqrt(product(id, id))]));

function product(a, b) {
  let sum = 0;
  for (let at = 0; at < dimensions; at++) sum += numbers[a * dimensions + at] * numbers[b * dimensions + at];
  return sum;
}

const lines = names.map(() => []);
for (const word of words) {
  const found = [];
  for (const other of frequent) {
    if (other.stem === word.stem) continue;
    const cosine = product(word.id, other.id) * inverses.get(word.id) * inverses.get(other.id);
    if (cosine >= LEAST) found.push({ ...other, cosine });
  }
  const stems = new Set();
  // One form of each word.
  const nearest = found
    .sort((a, b) => b.cosine - a.cosine)
    .filter((one) => !stems.has(one.stem) && stems.add(one.stem));
  lines[word.id] = nearest.slice(0, MOST).map(({ id }) => id);
}
const all = lines.flat();
const bytes = Buffer.alloc(names.length + 2 * all.length);
for (const [id, near] of lines.entries()) bytes[id] = near.length;
for (const [at, id] of all.entries()) bytes.writeUInt16LE(id, names.length + 2 * at);
writeFileSync(new URL('near-words.bin', FOLDER), bytes);
process.stdout.write(`${words.length} words, ${all.length} near words, ${bytes.length} bytes\n`);
