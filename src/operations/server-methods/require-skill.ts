/** Skills of a server: the one that a URI names, or that has it as a file. */
import type { ListOptions } from '../../catalog/cached-list.ts';
import { decidedOn, definitionChanged } from '../../catalog/lock/decided-definition.ts';
import type { Offer } from '../../catalog/prompts-and-resources.ts';
import { skillOf } from '../../catalog/skill-entry.ts';
import type { TenantCatalog } from '../../catalog/tenant-catalog.ts';
import type { ServerDefinition } from '../../config/snapshot.ts';
import { skillRoot } from '../../policy/skill-uris.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { DecidedDefinition } from '../../upstream/contract.ts';
import type { ToolContext } from '../operation.ts';
import { isPlainUri } from './plain-uri.ts';
import type { UriUse } from './require-resource.ts';

/**
 * The skill of which a URI is a file, or a folder. Of one whose files are not listed, because they are made anew each time, every URI below
 * its folder that can be read in one way is one.
 * @throws GatewayError DEFINITION_CHANGED where the skill waits for the owner, and as `Catalog.offers`
 */
export async function findSkill(
  catalog: TenantCatalog,
  server: ServerDefinition,
  uri: string,
  use: UriUse,
  wanted: ListOptions,
): Promise<Offer | undefined> {
  const { entries, held } = await catalog.offers(server, 'skills', wanted);
  const found = [...entries, ...(await catalog.knownSkills(server, uri))].find((entry) => hasFile(entry, uri, use));
  if (found !== undefined) return found;
  const waiting = [...(held ?? [])].find((key) => `${uri}/`.startsWith(`${skillRoot(key) ?? key}/`));
  if (waiting !== undefined) throw definitionChanged(server.name, 'skill', waiting);
  return undefined;
}

function hasFile(entry: Offer, uri: string, use: UriUse): boolean {
  const skill = skillOf(entry);
  if (skill === undefined) return false;
  const { files, root } = skill;
  if (files === undefined)
    return uri === skill.uri || ((uri === root || uri.startsWith(`${root}/`)) && isPlainUri(uri));
  if (use !== 'directory') return files.has(uri);
  return uri === root || [...files.keys()].some((file) => file.startsWith(`${uri}/`));
}

/**
 * Looks whether a server has a skill of this name. One that it does not list it may serve all the same (ext-skills, Getting a Skill).
 * @throws GatewayError TOOL_NOT_FOUND where it has no skills, or none under such a URI; DEFINITION_CHANGED where it waits for the owner
 */
export async function requireSkill(
  { catalog, signal }: ToolContext,
  server: ServerDefinition,
  uri: string,
  timeoutMs: number,
): Promise<DecidedDefinition | undefined> {
  const { byKey, pages } = await catalog.offers(server, 'skills', { timeoutMs, signal });
  const listed = byKey.get(uri);
  if (listed !== undefined) return decidedOn(server, 'skill', uri, listed);
  if (catalog.isHeld(server, 'skills', uri)) throw definitionChanged(server.name, 'skill', uri);
  if (pages.length === 0 || !isPlainUri(uri)) throw new GatewayError('TOOL_NOT_FOUND', 'There is no such skill.');
  return undefined;
}
