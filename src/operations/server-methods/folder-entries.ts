/** The direct children of a folder of resources, as far as a caller may see them (ext-skills, Reading Directories). */

import { clearDefinition } from '../../catalog/definition.ts';
import { extensionOf, readOffer } from '../../catalog/prompts-and-resources.ts';
import { skillOf } from '../../catalog/skill-entry.ts';
import type { ResultBody } from '../../protocol/era-codec.ts';
import { SKILLS } from '../../protocol/extensions.ts';
import { readObject } from '../../protocol/json-rpc.ts';
import { elements } from '../../protocol/json-text.ts';
import { findMember } from '../../protocol/members.ts';
import type { UpstreamConnection } from '../../upstream/contract.ts';
import type { ToolAnswer, ToolContext } from '../operation.ts';
import { withEdits } from './edit-result.ts';
import { PATIENCE_MS } from './exposed-entries.ts';
import { exposedUri } from './exposed-uris.ts';
import { findSkill } from './require-skill.ts';
import type { View } from './view.ts';

const FOLDER = 'inode/directory';
/** Entries of one page. */
const MAX_ENTRIES = 10_000;

/** A result of `resources/directory/read` without what its caller may not read, its URIs as this view has them. */
export function readFolder(context: ToolContext, view: View, server: string, body: ResultBody): ResultBody {
  const list = findMember(readObject(body.text), 'resources');
  if (list === undefined || body.text.charAt(list.start) !== '[') return body;
  const overrides = context.snapshot.servers.get(server)?.overrides;
  const shown = elements(body.text.slice(list.start, list.end), MAX_ENTRIES).flatMap((written) => {
    const raw = clearDefinition(written);
    const child = raw === undefined ? undefined : readOffer(raw, 'uri');
    if (child === undefined || !context.decide(server, child.key, 'resource').allowed) return [];
    if (overrides !== undefined && overrides.originalOf('resource', child.key) === undefined) return [];
    if (view.mode === 'single') return [child.raw];
    const uri = JSON.stringify(exposedUri(server, child.key));
    return [child.raw.slice(0, child.keyStart) + uri + child.raw.slice(child.keyEnd)];
  });
  return withEdits(body, [{ start: list.start, end: list.end, text: `[${shown.join(',')}]` }]);
}

/**
 * The folder of a skill as its entry has it, for a server that reads none itself: the gateway declares that it does.
 * @returns undefined where the server is asked
 */
export async function folderOf(
  { catalog, snapshot, signal }: ToolContext,
  name: string,
  uri: string,
  link: UpstreamConnection,
): Promise<ToolAnswer | undefined> {
  const server = snapshot.servers.get(name);
  if (server === undefined || extensionOf(link.facts.capabilities, SKILLS)?.['directoryRead'] === true)
    return undefined;
  const skill = await findSkill(catalog, server, uri, 'directory', { timeoutMs: PATIENCE_MS, signal });
  const files = skill && skillOf(skill)?.files;
  if (files === undefined) return undefined;
  const start = `${uri}/`;
  const children = new Map<string, object>();
  for (const file of files.keys()) {
    if (!file.startsWith(start)) continue;
    const [child = '', ...rest] = file.slice(start.length).split('/');
    const isFolder = rest.length > 0;
    children.set(child, { uri: start + child, name: child, ...(isFolder ? { mimeType: FOLDER } : {}) });
  }
  const text = JSON.stringify({ resources: [...children.values()] });
  return { kind: 'result', body: { text, metaAt: -1 } };
}
