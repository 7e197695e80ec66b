/** A matrix as CSV: a line for each agent, server and tool. Pure. */
import { csvLine } from '../../observe/csv.ts';
import type { AccessMatrix } from './access-matrix.ts';

export function matrixCsv({ agents, rows }: AccessMatrix): string {
  const lines = rows.flatMap(({ server, tool, cells }) =>
    cells.map(({ outcome, rule }, at) => [agents[at] ?? '', server, tool ?? '', outcome, rule]),
  );
  return [['agent', 'server', 'tool', 'decision', 'rule'], ...lines].map(csvLine).join('');
}
