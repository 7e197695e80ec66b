/** The table of docs/protocol.md: what each client did. */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { LIMITS } from './limits.mjs';
import { COLUMNS } from './steps.mjs';

const DOCS = fileURLToPath(new URL('../../docs/protocol.md', import.meta.url));
const BEGIN = '<!-- clients: written by `npm run test:clients -- --update` -->';
const END = '<!-- end of clients -->';

export function tableOf(rows) {
  const line = (cells) => `| ${cells.join(' | ')} |`;
  const head = ['client', 'over', ...COLUMNS];
  return [
    line(head),
    line(head.map(() => '---')),
    ...rows.map(({ name, version, transport, verdict }) =>
      line([`${name} ${version}`, transport, ...COLUMNS.map((column) => verdict.get(column) ?? '-')]),
    ),
  ].join('\n');
}

/** Cells that say no, but for what a client itself cannot do. */
export function failures(rows) {
  return rows.flatMap(({ name, version, transport, verdict }) =>
    COLUMNS.filter((column) => verdict.get(column) === 'no' && limitOf(name, transport, column) === undefined).map(
      (column) => `${name} ${version}, ${transport}: ${column}`,
    ),
  );
}

function limitOf(name, transport, column) {
  return LIMITS.find(
    (limit) => limit.name === name && limit.column === column && (limit.transport ?? transport) === transport,
  );
}

/** Writes the table between its marks, with what the clients themselves cannot do. Clients that were not tried keep their rows. */
export function intoDocs(tried, order) {
  const text = readFileSync(DOCS, 'utf8');
  const [from, to] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${DOCS} has no ${BEGIN} and ${END}.`);
  const kept = rowsIn(text.slice(from, to), order).filter(
    ({ name, transport }) => !tried.some((row) => row.name === name && row.transport === transport),
  );
  const rows = [...kept, ...tried].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
  const reasons = rows.flatMap(({ name, version, transport, verdict }) =>
    COLUMNS.flatMap((column) => {
      const limit = verdict.get(column) === 'no' ? limitOf(name, transport, column) : undefined;
      return limit === undefined ? [] : [`- ${name} ${version}, ${column}: ${limit.why}`];
    }),
  );
  const written = [BEGIN, tableOf(rows), '', ...new Set(reasons), ''].join('\n');
  writeFileSync(DOCS, `${text.slice(0, from)}${written}${text.slice(to)}`);
}

/** The rows of a table that was written before. */
function rowsIn(text, names) {
  return text.split('\n').flatMap((line) => {
    const [client = '', transport, ...cells] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    const name = names.find((known) => client.startsWith(`${known} `));
    if (name === undefined) return [];
    const verdict = new Map(COLUMNS.map((column, at) => [column, cells[at]]));
    return [{ name, version: client.slice(name.length + 1), transport, verdict }];
  });
}
