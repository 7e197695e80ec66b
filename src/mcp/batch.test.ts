import { describe, expect, it } from 'vitest';
import { batchElements } from './batch.ts';

const LARGE = 400_000;
const large = (unit: string): string => `{"x":"${unit.repeat(LARGE / unit.length)}"}`;

describe('the messages of a batch that is large', () => {
  it.each([
    ['[{},{},LARGE]', 3],
    [' [LARGE] \n', 1],
    ['[LARGE,1,"]",[2]]', 4],
    ['[LARGE]x', 'PARSE_ERROR'],
    ['[LARGE', 'PARSE_ERROR'],
    ['[LARGE,{"a":1,"a":2}]', 'INVALID_REQUEST'],
    [`[LARGE${',1'.repeat(100)}]`, 'INVALID_REQUEST'],
  ])('%s', async (batch, outcome) => {
    for (const unit of ['x', '],\\"', 'é']) {
      const text = batch.replace('LARGE', () => large(unit));
      const found = batchElements(text);
      expect(found).toBeInstanceOf(Promise);
      const small = batchElements(batch.replace('LARGE', '{}'));
      if (typeof outcome === 'string') expect(await found).toMatchObject({ code: outcome });
      else expect(await found).toEqual(JSON.parse(text).map((part: unknown) => JSON.stringify(part)));
      expect(Array.isArray(small)).toBe(typeof outcome === 'number');
    }
  });
});
