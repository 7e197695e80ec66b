import fc from 'fast-check';
import { expect, it } from 'vitest';
import { directionOf, MeaningVectors } from './meaning-vectors.ts';

const DIMENSIONS = 64;
const vector = fc
  .array(fc.integer({ min: -1000, max: 1000 }), { minLength: DIMENSIONS, maxLength: DIMENSIONS })
  .map((numbers) => Float64Array.from(numbers));

function cosine(a: Float64Array, b: Float64Array): number {
  const product = (x: Float64Array, y: Float64Array) => x.reduce((sum, one, at) => sum + one * (y[at] ?? 0), 0);
  const lengths = Math.sqrt(product(a, a) * product(b, b));
  return lengths === 0 ? 0 : product(a, b) / lengths;
}

it('compares as the cosine does, to within what bytes can say', () => {
  fc.assert(
    fc.property(fc.array(vector, { minLength: 1, maxLength: 10 }), vector, (documents, question) => {
      const vectors = new MeaningVectors(DIMENSIONS);
      for (const [at, document] of documents.entries()) vectors.set(at * 100, directionOf(document));
      const ids = Int32Array.from(documents, (_, at) => at * 100);
      const found = vectors.compare(directionOf(question), ids);
      for (const [at, document] of documents.entries()) expect(found[at]).toBeCloseTo(cosine(document, question), 1);
      vectors.copy(0, 7);
      expect(vectors.compare(directionOf(question), Int32Array.of(7))[0]).toBe(found[0]);
    }),
    { numRuns: 100 },
  );
});

it('compares all of few documents, and of many those that are near by their first numbers', () => {
  const vectors = new MeaningVectors(DIMENSIONS);
  const place = (at: number) => Float64Array.from({ length: DIMENSIONS }, (_, n) => Math.cos(at * (n + 1)));
  for (let id = 0; id < 5000; id++) vectors.set(id, directionOf(place(id)));
  const ids = Int32Array.from({ length: 5000 }, (_, id) => id);
  const few = ids.subarray(0, 1000);
  expect(vectors.candidates(directionOf(place(1)), few)).toBe(few);
  const candidates = vectors.candidates(directionOf(place(4321)), ids);
  expect(candidates).toContain(4321);
  expect(candidates.length).toBeGreaterThanOrEqual(1000);
  expect(candidates.length).toBeLessThan(1200);
});
