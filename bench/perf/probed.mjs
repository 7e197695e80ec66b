/** Asks a process that was started with the probe. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const PROBE = new URL('probe.mjs', import.meta.url);
const MB = 1024 * 1024;

/** @param {{pauses?: boolean}} options what to watch. @returns arguments of node, and how to ask. */
export function makeProbe({ pauses = false } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'gateway-probe-'));
  const out = join(dir, 'report.json');
  const url = new URL(PROBE);
  url.searchParams.set('out', out);
  if (pauses) url.searchParams.set('pauses', '');
  return {
    node: [...(pauses ? [] : ['--expose-gc']), '--import', url.href],
    /** Memory in MB, pauses in milliseconds. */
    async ask(pid) {
      rmSync(out, { force: true });
      process.kill(pid, 'SIGUSR2');
      for (;;) {
        await sleep(5);
        const text = existsSync(out) ? readFileSync(out, 'utf8') : '';
        if (!text.endsWith('}')) continue;
        const { usedBefore, rss, heapUsed, external, pauseMs, p999Ms } = JSON.parse(text);
        return { usedBeforeMb: usedBefore / MB, rssMb: rss / MB, heapMb: (heapUsed + external) / MB, pauseMs, p999Ms };
      }
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}
