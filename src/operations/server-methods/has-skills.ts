/** Servers with skills are few: what reads skills is loaded for them alone. */
import type { ListOptions } from '../../catalog/cached-list.ts';
import type { TenantCatalog } from '../../catalog/tenant-catalog.ts';
import type { ServerDefinition } from '../../config/snapshot.ts';
import type { ToolContext } from '../operation.ts';
import { PATIENCE_MS } from './exposed-entries.ts';

/** True if a server has skills to list. @throws as `Catalog.offers` */
export async function hasSkills(
  catalog: TenantCatalog,
  server: ServerDefinition,
  wanted: ListOptions,
): Promise<boolean> {
  return (await catalog.offers(server, 'skills', wanted)).pages.length > 0;
}

/** A file of a skill must be what the entry of the skill says. @throws as `checkSkillFile` */
export async function checkIfSkillFile(context: ToolContext, name: string, uri: string, text: string): Promise<void> {
  const { catalog, snapshot, signal } = context;
  const server = snapshot.servers.get(name);
  if (server === undefined || !(await hasSkills(catalog, server, { timeoutMs: PATIENCE_MS, signal }))) return;
  const { checkSkillFile } = await import('./skill-files.ts');
  await checkSkillFile(context, name, uri, text);
}
