/** Scans what servers listed when a gateway of this account last ran: nothing is started for that. */
import { join } from 'node:path';
import process from 'node:process';
import { listedDefinitions } from '../../catalog/last-listed-definitions.ts';
import { isSuspicious } from '../../catalog/scan/finding.ts';
import { scanListed } from '../../catalog/scan/scan-listed.ts';
import { loadSnapshot } from '../../config/load-snapshot.ts';
import type { Settings } from '../../config/settings.ts';
import { printFinding } from '../definitions-scan-run.ts';
import { print } from '../output.ts';

/** Prints what is suspicious, the most serious first. @returns servers of which nothing is known */
export async function scanKept(settings: Settings, names: readonly string[]): Promise<readonly string[]> {
  const snapshot = await loadSnapshot(settings, process.env).then(
    (loaded) => loaded.snapshot,
    () => undefined,
  );
  const kept = [...(await listedDefinitions(join(settings.cacheDir, 'lists'))).values()];
  // Another program may have had the same name.
  const known = kept.filter(({ server, key }) => key !== undefined && snapshot?.servers.get(server)?.key === key);
  const tools = new Map(known.map((list) => [list.server, Array.from(list.tools, ([name, raw]) => ({ name, raw }))]));
  const parsed = [...tools].map(([server, listed]) => ({ server, tools: listed.map(({ raw }) => JSON.parse(raw)) }));
  for (const name of names) {
    const listed = tools.get(name);
    if (listed === undefined) continue;
    const others = parsed.filter(({ server }) => server !== name);
    const findings = (await scanListed(name, { tools: listed }, others)).filter(isSuspicious);
    if (findings.length > 0) print(`Look at what server "${name}" listed when it last ran:`);
    for (const finding of findings) printFinding(finding);
  }
  return names.filter((name) => !tools.has(name));
}
