/** Servers with skills are few: what reads skills is loaded for them alone. */
import type { ListOptions } from '../../catalog/cached-list.ts';
import type { TenantCatalog } from '../../catalog/tenant-catalog.ts';
import type { ServerDefinition } from '../../config/snapshot.ts';

/** True if a server has skills to list. @throws as `Catalog.offers` */
export async function hasSkills(
  catalog: TenantCatalog,
  server: ServerDefinition,
  wanted: ListOptions,
): Promise<boolean> {
  return (await catalog.offers(server, 'skills', wanted)).pages.length > 0;
}
