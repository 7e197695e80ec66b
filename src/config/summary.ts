/** What a file would do, in a few lines for the person who is about to trust it. Shows the file as written. */
import type { ConfigDocument, ConfigNode, ObjectNode } from './document.ts';
import { quote } from './quote.ts';

/** One line for each server (what would be run or connected to) and each agent, safe to print. */
export function summarise({ root }: ConfigDocument): readonly string[] {
  const lines: string[] = [];
  for (const key of ['mcpServers', 'servers']) {
    for (const [name, entry] of members(root, key)) lines.push(`server ${quote(name)} ${serverLine(entry)}`);
  }
  const agents = [...members(root, 'agents')].map(([name]) => quote(name));
  if (agents.length > 0) lines.push(`rules for the agents ${agents.join(', ')}`);
  const principals = [...members(root, 'principals')].map(([name]) => quote(name));
  if (principals.length > 0) lines.push(`lets these principals connect: ${principals.join(', ')}`);
  return lines;
}

function serverLine(entry: ConfigNode): string {
  if (entry.kind !== 'object') return 'is not an object';
  const command = entry.members.get('command')?.value;
  const url = entry.members.get('url')?.value;
  const parts: string[] = [];
  if (command !== undefined) {
    const args = entry.members.get('args')?.value;
    const words = [command, ...(args?.kind === 'array' ? args.items : [])].map(word);
    parts.push(`runs ${words.join(' ')}`);
  }
  if (url !== undefined) parts.push(`connects to ${address(url)}`);
  // Variables such as NODE_OPTIONS or LD_PRELOAD run code too; the values are often secret, so only names are shown.
  const names = [...(objectAt(entry, 'env')?.members.keys() ?? [])].map((name) => quote(name));
  if (names.length > 0) parts.push(`sets ${names.join(', ')}`);
  return parts.length === 0 ? 'has neither command nor url' : parts.join(', ');
}

function word(node: ConfigNode): string {
  return node.kind === 'scalar' ? quote(String(node.value), 400) : '(not a text)';
}

/** Without user and query, which may be secret. */
function address(node: ConfigNode): string {
  const text = node.kind === 'scalar' ? String(node.value) : '';
  return quote(text.replace(/[?#].*$/s, '').replace(/\/\/[^/]*@/, '//'), 400);
}

function* members(root: ConfigNode, key: string): Iterable<readonly [string, ConfigNode]> {
  const map = root.kind === 'object' ? objectAt(root, key) : undefined;
  for (const [name, { value }] of map?.members ?? []) yield [name, value];
}

function objectAt(node: ObjectNode, key: string): ObjectNode | undefined {
  const value = node.members.get(key)?.value;
  return value?.kind === 'object' ? value : undefined;
}
