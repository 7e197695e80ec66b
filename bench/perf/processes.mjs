/** Processes of the benchmark, and what the system says of them (Linux: /proc). */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Clock ticks of /proc/PID/stat: 100 per second on every Linux that Node runs on. */
const TICK_MS = 10;

/** Processor time so far, user and system, of these processes together. */
export function cpuMs(pids) {
  let ticks = 0;
  for (const pid of pids) {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks * TICK_MS;
}

/** Resident memory in MB, of these processes together. */
export function rssMb(pids) {
  return pids.reduce((sum, pid) => {
    const kb = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? '0';
    return sum + Number(kb) / 1024;
  }, 0);
}

/** The workers of a gateway. */
export function workersOf(pid) {
  const ids = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ');
  const isWorker = (id) => /\0[^\0]*worker\.js\0/.test(readFileSync(`/proc/${id}/cmdline`, 'latin1'));
  return ids.filter((id) => id !== '' && isWorker(id)).map(Number);
}

/** @param {string} name of a script in peers/; resolves once it says on which port it listens. */
export function startPeer(name, ...args) {
  return startProbedPeer(name, [], ...args);
}

/** @param {string[]} node arguments of node */
export async function startProbedPeer(name, node, ...args) {
  const script = fileURLToPath(new URL(`peers/${name}.mjs`, import.meta.url));
  const child = spawn(process.execPath, [...node, script, ...args.map(String)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const line = await firstLine(child.stdout, child);
  return {
    pids: [child.pid],
    url: `http://127.0.0.1:${line}/mcp`,
    async stop() {
      child.stdin.end();
      await exited(child);
    },
  };
}

/** The first line that matches. */
export function firstLine(stream, child, pattern = /.*/) {
  return new Promise((resolve, reject) => {
    const lines = createInterface({ input: stream });
    let seen = '';
    lines.on('line', (line) => {
      seen += `${line}\n`;
      const match = pattern.exec(line);
      if (match !== null) resolve(match[1] ?? match[0]);
    });
    child.once('exit', (code) => reject(new Error(`a process of the benchmark ended with ${code}:\n${seen}`)));
  });
}

export function exited(child) {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once('exit', resolve);
  });
}
