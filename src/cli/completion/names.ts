/** Names that the configuration files have now. A file that cannot be used has none: nothing is said while somebody types. */

import { readConfigFile } from '../../config/config-files.ts';
import { type ConfigDocument, type ConfigNode, parseDocument } from '../../config/json-document.ts';
import { locateConfig, locateRules } from '../../config/locate-files.ts';
import { serversIn } from '../../config/other-clients.ts';
import { type Settings, settingsHere } from '../../config/settings.ts';

export type NameKind = 'servers' | 'agents' | 'principals';

/** @param given values of options that were typed before, by flag. */
export async function namesFor(kind: NameKind, given: ReadonlyMap<string, string>): Promise<readonly string[]> {
  const settings = settingsHere({ mcpConfig: given.get('--mcp-config'), rules: given.get('--rules') });
  try {
    const path = await fileOf(kind, settings);
    const content = await readConfigFile(path);
    const parsed = content.ok ? parseDocument(path, content.bytes) : undefined;
    return parsed?.ok === true ? namesIn(kind, parsed.document) : [];
  } catch {
    return [];
  }
}

async function fileOf(kind: NameKind, settings: Settings): Promise<string> {
  if (kind !== 'servers') return (await locateRules(settings)).path;
  return settings.mcpConfig?.path ?? (await locateConfig(settings)).servers.path;
}

function namesIn(kind: NameKind, { root }: ConfigDocument): readonly string[] {
  if (kind === 'servers') return keysOf(serversIn(root)?.map);
  return keysOf(root.kind === 'object' ? root.members.get(kind)?.value : undefined);
}

function keysOf(node: ConfigNode | undefined): readonly string[] {
  return node?.kind === 'object' ? [...node.members.keys()] : [];
}
