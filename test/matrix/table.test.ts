/** docs/protocol.md says what the matrix tests. `npm run docs:protocol` writes it. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../support/paths.ts';
import { CELLS, nameOf } from './cells.ts';
import { FEATURES } from './features.ts';
import { testNames, withTable } from './table.ts';

const PAGE = path.join(root, 'docs/protocol.md');

it('docs/protocol.md has the table of what crosses', async () => {
  await expect(withTable(readFileSync(PAGE, 'utf8'))).toMatchFileSnapshot(PAGE);
});

it('no two tests of the matrix have one name, and none is in two of its outcomes', () => {
  const names = testNames();
  expect(new Set(names).size).toBe(names.length);
  for (const cell of CELLS) {
    const rows = FEATURES.filter(({ concerns }) => concerns(cell)).map(({ row }) => row);
    expect(rows, nameOf(cell)).toEqual([...new Set(rows)]);
  }
});
