/**
 * The guardian: one small process per gateway that ends what the gateway left running, however it died. It learns on stdin
 * which processes were started (`+PID`) and whose trees are gone (`-PID`), the same of containers by their names, after a first line with the gateway's id; when
 * stdin ends, the gateway has, and whoever is left gets what a stop gives: the end of its stdin, SIGTERM, SIGKILL.
 */
import process from 'node:process';
import { removeContainers } from './container.ts';
import { createFamily } from './process-tree.ts';

/** Milliseconds in which a server may end because its stdin did. */
const STDIN_MS = 1000;
const TERM_MS = 1500;
/** Milliseconds in which new members of a tree are hunted, e.g. of one that forks all the time. */
const KILL_MS = 10_000;

// Whatever ends the gateway's terminal or group must not end its guardian first.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const) process.on(signal, () => undefined);

const roots = new Set<number>();
const containers = new Set<string>();
let gatewayId: string | undefined;
let rest = '';

function take(line: string): void {
  const name = line.slice(1);
  const pid = Number(name);
  if (gatewayId === undefined) gatewayId = line;
  else if (Number.isNaN(pid)) {
    if (line.startsWith('+')) containers.add(name);
    else containers.delete(name);
  } else if (line.startsWith('+')) roots.add(pid);
  else if (line.startsWith('-')) roots.delete(pid);
}

async function finish(): Promise<void> {
  await endProcesses();
  removeContainers([...containers]);
}

async function endProcesses(): Promise<void> {
  const prefix = `${gatewayId}.`;
  const family = createFamily({
    roots,
    marked: (marker) => gatewayId !== undefined && marker.startsWith(prefix),
  });
  if (await family.gone(STDIN_MS)) return;
  family.signal('SIGTERM');
  if (await family.gone(TERM_MS)) return;
  for (const until = performance.now() + KILL_MS; performance.now() < until; ) {
    family.signal('SIGKILL');
    if (await family.gone(100)) return;
  }
}

process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk: string) => {
  const lines = (rest + chunk).split('\n');
  rest = lines.pop() ?? '';
  for (const line of lines) take(line);
});
process.stdin.on('error', () => undefined);
process.stdin.once('close', () => {
  finish().then(
    () => process.exit(0),
    () => process.exit(1),
  );
});
