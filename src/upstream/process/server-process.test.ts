import process from 'node:process';
import { expect, it, vi } from 'vitest';
import type { StdioDefinition } from '../../config/snapshot.ts';
import type { ProcessInfo } from './process-table.ts';
import { RunningProcesses } from './running-processes.ts';
import { plainLaunch, startProcess } from './server-process.ts';

const STEP_MS = 20;
const definition: StdioDefinition = {
  transport: 'stdio',
  command: process.execPath,
  args: ['-e', 'process.stdin.resume()'],
  env: new Map(),
  cwd: undefined,
};

/** A list in which the process never ends, as one that waits for a broken disk. */
function withSurvivor(marker: string, pid: () => number | undefined) {
  return async (): Promise<ProcessInfo[]> => [
    { pid: pid() ?? 0, parent: 1, group: pid() ?? 0, started: 'then', marker },
  ];
}

it('a stop that could not end everybody ends, and leaves what is left to be killed', async () => {
  const child = startProcess(
    plainLaunch(definition, 'marker'),
    'marker',
    STEP_MS,
    withSurvivor('marker', () => child.pid),
  );
  const log = { debug: vi.fn(), info: vi.fn(), warn: vi.fn() };
  const running = new RunningProcesses({ gatewayId: 'test', guardianScript: undefined, log });
  running.add(child);
  let isStopped = false;
  void child.stopped.then(() => {
    isStopped = true;
  });
  await child.stop();
  await child.exited;
  expect(isStopped).toBe(false);
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  running.killAll();
  expect(kill.mock.calls).toEqual([[-(child.pid ?? 0), 'SIGKILL']]);
  kill.mockRestore();
});

it('a stop that ended everybody leaves nothing to be killed', async () => {
  const child = startProcess(plainLaunch(definition, 'marker'), 'marker', STEP_MS, async () => []);
  await Promise.all([child.stop(), child.stopped]);
  const kill = vi.spyOn(process, 'kill').mockReturnValue(true);
  child.kill();
  expect(kill).not.toHaveBeenCalled();
  kill.mockRestore();
  if (child.pid !== undefined) process.kill(child.pid, 'SIGKILL');
});
