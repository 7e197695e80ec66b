import { afterAll, beforeAll, describe, it } from 'vitest';
import { type Bench, type Cell, type HttpServers, nameOf, openCell, startHttpServers } from './cells.ts';
import { titleOf } from './feature.ts';
import { FEATURES } from './features.ts';

/** The matrix of one transport: a gateway and a caller per cell, which all features share. */
export function registerMatrix(cells: readonly Cell[]): void {
  let http: HttpServers;
  beforeAll(async () => {
    http = await startHttpServers();
  });
  afterAll(() => http.stop());

  for (const cell of cells)
    describe(nameOf(cell), () => {
      let bench: Bench;
      beforeAll(async () => {
        bench = await openCell(cell, http);
      });
      afterAll(() => bench.stop());

      for (const feature of FEATURES.filter(({ concerns }) => concerns(cell)))
        it(titleOf(feature), () => feature.run(bench));
    });
}
