/** The table of docs/protocol.md: which servers of others were tried, and how. */

const BEGIN = '<!-- servers of others: written by `npm run test:servers -- --write` -->';
const END = '<!-- end of servers of others -->';
const TRANSPORTS = { stdio: 'stdio', http: 'Streamable HTTP', sse: 'HTTP+SSE' };

export function tableOf(found) {
  const rows = found.map(({ name, version, from, what, transport, revision = '-', tools, result }) => [
    `${name}${what === undefined ? '' : `, ${what}`} (${from})`,
    version,
    TRANSPORTS[transport],
    revision,
    String(tools),
    result,
  ]);
  const head = ['server', 'version', 'transport', 'revision', 'tools', 'result'];
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** @returns the page with the table between its marks. @throws Error where they are missing */
export function withTable(page, table) {
  const [begin, end] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error('The page has no place for the table.');
  return `${page.slice(0, begin + BEGIN.length)}\n${table}\n${page.slice(end)}`;
}
