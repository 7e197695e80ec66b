/** Scans what servers say that were just taken over: before that, nobody has agreed to start them. */
import process from 'node:process';
import { isSuspicious } from '../../catalog/scan/finding.ts';
import { scanDefinition } from '../../catalog/scan/scan-definition.ts';
import type { Settings } from '../../config/settings.ts';
import type { ImportPlan } from '../../setup/import-plan.ts';
import { say } from '../output.ts';

interface ScanChoice {
  readonly scan?: boolean;
}

/** Suspicious texts in the plan itself: descriptions of servers, which agents read too. A line each; starts nothing. */
export function suspiciousEntries({ merged }: ImportPlan): string[] {
  return merged.servers
    .filter(({ isNew }) => isNew)
    .flatMap(({ name, entry }) => suspiciousDescription(name, entry['description']));
}

/** A line where there is something suspicious in the description of a server. */
export function suspiciousDescription(name: string, description: unknown): string[] {
  if (typeof description !== 'string') return [];
  const scanned = { server: name, type: 'instructions', name: '', definition: description } as const;
  const [worst] = scanDefinition(scanned).filter(isSuspicious);
  return worst === undefined
    ? []
    : [`Look at the description of server "${name}": ${worst.message} > ${worst.excerpt}`];
}

/** Starts the servers of the plan for a moment and scans what they say, where that was asked for; otherwise says how to. */
export async function scanImported(settings: Settings, { merged }: ImportPlan, { scan }: ScanChoice): Promise<void> {
  const names = merged.servers.filter(({ isNew, isOff }) => isNew && !isOff).map(({ name }) => name);
  if (names.length === 0) return;
  if (scan === true) {
    const { scanDefinitions } = await import('../definitions-scan-run.ts');
    const status = process.exitCode;
    await scanDefinitions(settings, names, {});
    // Findings are worth a look; what was asked for is done.
    process.exitCode = status;
  } else await scanAdded(settings, names);
}

/** Suspicious texts in what servers of the files are known to list; starts none, and says how to look at the rest. */
export async function scanAdded(settings: Settings, names: readonly string[]): Promise<void> {
  const { scanKept } = await import('./scan-kept.ts');
  const unknown = await scanKept(settings, names);
  if (unknown.length === 0) return;
  const which =
    unknown.length < names.length ? unknown.map((name) => JSON.stringify(name)).join(', ') : 'these servers';
  const one =
    names.length === 1 ? `it says to models with "agent-mcp-gateway definitions scan ${names[0]}"` : undefined;
  say(`Look at what ${one ?? `${which} say to models with "agent-mcp-gateway definitions scan"`}.`);
}
