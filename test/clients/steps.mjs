/** What every client does, and what its model or program must get to see. */
import process from 'node:process';

const call = (tool, args = {}) => ({ tool: 'execute_tool', args: { server: 'bench', tool, args } });

/** Milliseconds of the call that says nothing: longer than what proxies and clients wait for headers, but in the long suite. */
const QUIET_MS = Number(process.env.CLIENTS_QUIET_MS ?? 70_000);

export const STEPS = [
  { column: 'list', tool: 'list_servers', args: {}, good: /bench/ },
  { column: 'search', tool: 'search_tools', args: { query: 'say a text back' }, good: /"tool":\s*"echo"/ },
  { column: 'call', ...call('echo', { text: 'żółw 東京' }), good: /heard: żółw 東京/ },
  { column: 'failing call', ...call('fail'), good: /it failed/ },
  { column: 'server error', ...call('refuse'), good: /-31999.*refused by the server/s },
  { column: 'denied call', ...call('delete_thing'), good: /DENIED_BY_POLICY/ },
  { column: '200 KB', ...call('large', { kb: 200 }), good: /read_result\(handle/ },
  { column: 'image', ...call('picture'), good: /iVBORw0KGgo/ },
  { column: '70 s silent', ...call('quiet', { ms: QUIET_MS }), good: /the quiet is over/ },
  // A session of before is gone: some clients find out with the first call, and go on with the second.
  {
    column: 'restart',
    ...call('echo', { text: 'after the restart' }),
    good: /heard: after the restart/,
    restart: true,
  },
  {
    column: 'restart, again',
    ...call('echo', { text: 'after the restart' }),
    good: /heard: after the restart/,
    restart: false,
  },
];

/** Cancelled, or given up by the client. */
export const HELD = { column: 'cancel', ...call('quiet', { ms: 600_000 }) };

/** Milliseconds after which a client gives up `HELD`. */
export const GIVE_UP_MS = 4_000;

export const COLUMNS = [...STEPS.map(({ column }) => column).filter((name) => !name.includes(',')), 'cancel'];

/** @param seen by column, the text that the client gave to its model or program. @returns by column, what the table says */
export function verdicts(seen, transport) {
  const verdict = new Map();
  for (const { column, good, restart } of STEPS) {
    const text = seen.get(column);
    const passed = text !== undefined && good.test(text);
    if (column === 'restart, again') {
      if (passed && verdict.get('restart') === 'no') verdict.set('restart', 'second call');
    } else if (restart && transport === 'stdio') verdict.set(column, '-');
    else verdict.set(column, passed ? 'yes' : 'no');
  }
  return verdict;
}
