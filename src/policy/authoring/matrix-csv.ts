/** A matrix as CSV (RFC 4180): a line for each agent, server and tool; control characters are made visible. Pure. */
import { escapeText } from '../../observe/escape-text.ts';
import type { AccessMatrix } from './access-matrix.ts';

export function matrixCsv({ agents, rows }: AccessMatrix): string {
  const lines = rows.flatMap(({ server, tool, cells }) =>
    cells.map(({ outcome, rule }, at) => [agents[at] ?? '', server, tool ?? '', outcome, rule]),
  );
  const all = [['agent', 'server', 'tool', 'decision', 'rule'], ...lines];
  return all.map((cells) => `${cells.map((cell) => quoted(escapeText(cell))).join(',')}\r\n`).join('');
}

/** What a spreadsheet would take for a formula gets an apostrophe: names of servers and tools are written by others. */
function quoted(cell: string): string {
  const text = /^[=+\-@]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n']/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
