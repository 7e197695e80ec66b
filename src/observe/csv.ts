/** Lines of CSV (RFC 4180) whose cells were written by others. */
import { escapeText } from './escape-text.ts';

/** One line with its line end; control characters in it are made visible. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map((cell) => quoted(escapeText(cell))).join(',')}\r\n`;
}

/** Puts an apostrophe before what a spreadsheet would take for a formula. */
function quoted(cell: string): string {
  const text = /^[=+\-@]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n']/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
