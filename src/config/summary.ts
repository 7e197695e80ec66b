/** Sums up what a file would do, in a few lines for the person who is about to trust it. Shows the file as written. */
import { type ConfigDocument, type ConfigNode, type ObjectNode, toValue } from './json-document.ts';
import { serversIn, translate } from './other-clients.ts';
import { quote } from './quote-name.ts';

/** One line for each server (what would be run or connected to) and each agent, safe to print. */
export function summarise({ root }: ConfigDocument): readonly string[] {
  const lines: string[] = [];
  for (const [name, { value }] of serversIn(root)?.map.members ?? []) {
    lines.push(`server ${quote(name)} ${serverLine(toValue(value))}`);
  }
  const agents = [...members(root, 'agents')].map(([name]) => quote(name));
  if (agents.length > 0) lines.push(`rules for the agents ${agents.join(', ')}`);
  const principals = [...members(root, 'principals')].map(([name]) => quote(name));
  if (principals.length > 0) lines.push(`lets these principals connect: ${principals.join(', ')}`);
  return lines;
}

function serverLine(value: unknown): string {
  if (!(value instanceof Map)) return 'is not an object';
  const { entry } = translate(value);
  const command = entry.get('command');
  const url = entry.get('url');
  const parts: string[] = [];
  if (command !== undefined) {
    const args = entry.get('args');
    const words = [command, ...(Array.isArray(args) ? args : [])].map(word);
    parts.push(`runs ${words.join(' ')}`);
  }
  const openapi = entry.get('openapi');
  const described = openapi instanceof Map ? openapi.get('document') : openapi;
  if (described !== undefined) parts.push(`calls the API that ${address(described)} describes`);
  if (url !== undefined) parts.push(`connects to ${address(url)}`);
  // Variables such as NODE_OPTIONS or LD_PRELOAD run code too; the values are often secret, so only names are shown.
  const env = entry.get('env');
  const names = env instanceof Map ? [...env.keys()].map((name) => quote(String(name))) : [];
  if (names.length > 0) parts.push(`sets ${names.join(', ')}`);
  const file = entry.get('envFile');
  if (file !== undefined) parts.push(`sets what is in ${word(file)}`);
  return parts.length === 0 ? 'has neither command nor url' : parts.join(', ');
}

function word(value: unknown): string {
  return isScalar(value) ? quote(String(value), 400) : '(not a text)';
}

function isScalar(value: unknown): boolean {
  return value === null || typeof value !== 'object';
}

/** Without user and query, which may be secret. */
function address(value: unknown): string {
  const text = isScalar(value) ? String(value) : '';
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
