/** Translates entries of other clients. Whoever pastes an entry shall not have to translate it. */
import type { ConfigNode, ConfigPath, ObjectNode } from './json-document.ts';
import { quote } from './quote-name.ts';

/**
 * The keys under which clients keep their servers: `mcpServers` of most, `servers` of VS Code and the same in its settings, `mcp` of opencode,
 * `context_servers` of Zed. The first that is there counts.
 */
const MAPS: readonly (readonly string[])[] = [
  ['mcpServers'],
  ['servers'],
  ['mcp', 'servers'],
  ['mcp'],
  ['context_servers'],
];

export interface ServersIn {
  readonly path: ConfigPath;
  readonly map: ObjectNode;
}

/** The entries of a servers file; undefined where it has none. */
export function serversIn(root: ConfigNode): ServersIn | undefined {
  for (const path of MAPS) {
    let node: ConfigNode | undefined = root;
    for (const key of path) node = node?.kind === 'object' ? node.members.get(key)?.value : undefined;
    if (node?.kind === 'object') return { path, map: node };
  }
  return undefined;
}

/** The end of a sentence about the key, and what to do. */
interface Contradiction {
  readonly key: string;
  readonly message: string;
  readonly fix: string;
}

interface Translated {
  readonly entry: ReadonlyMap<unknown, unknown>;
  readonly contradictions: readonly Contradiction[];
}

/** Keys that mean one of ours: of Gemini CLI, Windsurf, Cline, opencode and Cherry Studio. */
const SYNONYMS: ReadonlyMap<string, string> = new Map([
  ['httpUrl', 'url'],
  ['serverUrl', 'url'],
  ['uri', 'url'],
  ['environment', 'env'],
  ['http_headers', 'headers'],
  ['isActive', 'enabled'],
]);

/** Says an entry in our words. What it does not know stays as it is. */
export function translate(raw: ReadonlyMap<unknown, unknown>): Translated {
  const entry = withoutNulls(raw);
  spreadTransport(entry);
  const contradictions: Contradiction[] = [];
  for (const [theirs, ours] of SYNONYMS) {
    if (!entry.has(theirs)) continue;
    if (entry.has(ours)) {
      const message = `says the same as ${quote(ours)}`;
      contradictions.push({ key: theirs, message, fix: `Keep ${quote(theirs)} or ${quote(ours)}` });
    } else {
      entry.set(ours, entry.get(theirs));
      // Gemini CLI means SSE by "url" and Streamable HTTP by this.
      if (theirs === 'httpUrl' && !entry.has('type') && !entry.has('transport')) entry.set('type', 'http');
    }
    entry.delete(theirs);
  }
  splitCommand(entry);
  for (const key of ['type', 'transport']) {
    const theirs = String(entry.get(key)).toLowerCase();
    const ours = TYPES.get(theirs);
    if (ours !== undefined) entry.set(key, ours);
    // opencode: whatever is at the address.
    if (theirs === 'remote') entry.delete(key);
  }
  // opencode: no signing in.
  if (entry.get('oauth') === false) entry.delete('oauth');
  return { entry, contradictions };
}

/** Programs that write every key write null for one that is not there. A variable that is null may be meant to be no text: it stays. */
function withoutNulls(raw: ReadonlyMap<unknown, unknown>): Map<unknown, unknown> {
  const entry = new Map([...raw].filter(([, value]) => value !== null));
  const oauth = entry.get('oauth');
  if (oauth instanceof Map) entry.set('oauth', withoutNulls(oauth));
  return entry;
}

/** Cline writes how a server is reached into an object of its own. */
function spreadTransport(entry: Map<unknown, unknown>): void {
  const transport = entry.get('transport');
  if (!(transport instanceof Map)) return;
  entry.delete('transport');
  for (const [key, value] of withoutNulls(transport)) if (!entry.has(key)) entry.set(key, value);
}

/** Spellings of the four transports, in lower case. */
const TYPES: ReadonlyMap<string, string> = new Map([
  ['stdio', 'stdio'],
  ['local', 'stdio'],
  ['http', 'http'],
  ['streamable-http', 'streamable-http'],
  ['streamable_http', 'streamable-http'],
  ['streamablehttp', 'streamable-http'],
  ['sse', 'sse'],
]);

/** opencode writes the program and its arguments as one list, Zed as an object. */
function splitCommand(entry: Map<unknown, unknown>): void {
  const command = entry.get('command');
  if (Array.isArray(command)) {
    const [program, ...args] = command;
    const more = entry.get('args');
    entry.set('command', program ?? '');
    if (args.length > 0 || more !== undefined) entry.set('args', [...args, ...(Array.isArray(more) ? more : [])]);
  } else if (command instanceof Map && command.has('path')) {
    entry.set('command', command.get('path'));
    for (const key of ['args', 'env']) if (command.has(key) && !entry.has(key)) entry.set(key, command.get(key));
  }
}
