/** The servers file: every entry on its own, so that one that fails disables only its server (D12). */
import { type ConfigDocument, type ConfigNode, type ObjectNode, toValue } from './json-document.ts';
import { type ServersIn, serversIn } from './other-clients.ts';
import { quote } from './quote-name.ts';
import { type EntryContext, readEntry } from './server-entry.ts';
import type { BrokenServer, Problem, ServerDefinition } from './snapshot.ts';
import type { VirtualServer } from './virtual/virtual-server.ts';

export interface ReadServers {
  readonly servers: ReadonlyMap<string, ServerDefinition>;
  readonly broken: ReadonlyMap<string, BrokenServer>;
  /** Entries that group tools of others. */
  readonly virtual: ReadonlyMap<string, VirtualServer>;
  /** Every name in the file, those left out too: a rule may name them without a warning. */
  readonly names: ReadonlySet<string>;
  /** The values that were substituted, for `collectSecrets`. */
  readonly values: readonly { readonly name: string; readonly value: string }[];
  readonly problems: readonly Problem[];
  /** An error of the whole file: nothing can start with it. */
  readonly fatal: boolean;
}

/** Reads all servers of a file. Never throws. */
export function readServers(document: ConfigDocument, context: Omit<EntryContext, 'document'>): ReadServers {
  const { root } = document;
  const problems: Problem[] = [];
  const servers = new Map<string, ServerDefinition>();
  const broken = new Map<string, BrokenServer>();
  const values: { name: string; value: string }[] = [];
  const found = root.kind === 'object' ? findMap(document, root, problems) : undefined;
  if (found === undefined) {
    problems.push({
      severity: 'error',
      file: document.file,
      ...document.place([]),
      message: 'The file has no "mcpServers" object',
      fix: 'Write { "mcpServers": { "name": { "command": ... } } }',
    });
    return { servers, broken, virtual: new Map(), names: new Set(), values, problems, fatal: true };
  }
  const grouping = new Map<string, ConfigNode>();
  const absent = new Set<string>();
  for (const [name, { value }] of found.map.members) {
    if (context.virtual !== undefined && isVirtual(value)) {
      grouping.set(name, value);
      continue;
    }
    const result = readEntry(name, [...found.path, name], value, { ...context, document });
    problems.push(...result.problems);
    values.push(...result.values);
    if (result.kind === 'server') servers.set(name, result.server);
    else if (result.kind === 'broken') broken.set(name, result.broken);
    else absent.add(name);
  }
  const names = new Set(found.map.members.keys());
  const virtual = new Map<string, VirtualServer>();
  const neighbours = { servers: new Set([...names].filter((name) => !grouping.has(name))), virtual: grouping, absent };
  for (const [name, node] of grouping) {
    if (isSwitchedOff(node)) continue;
    const result = context.virtual?.readVirtual(name, [...found.path, name], node, document, neighbours);
    problems.push(...(result?.problems ?? []));
    if (result?.kind === 'virtual') virtual.set(name, result.virtual);
    else if (result?.kind === 'broken') broken.set(name, result.broken);
  }
  return { servers, broken, virtual, names, values, problems, fatal: false };
}

function isVirtual(node: ConfigNode): node is ObjectNode {
  return node.kind === 'object' && node.members.has('virtual');
}

function isSwitchedOff(node: ConfigNode): boolean {
  const entry = toValue(node);
  return entry instanceof Map && (entry.get('disabled') === true || entry.get('enabled') === false);
}

/** Warns of everything else at the top, except what is known to be harmless. */
function findMap(document: ConfigDocument, root: ObjectNode, problems: Problem[]): ServersIn | undefined {
  const found = serversIn(root);
  const top = found?.path[0] ?? 'mcpServers';
  // The settings of another program hold much that is not meant for us.
  const isForeign = top !== 'mcpServers' && top !== 'servers';
  for (const other of root.members.keys()) {
    if (other === top || HARMLESS.has(other) || isForeign) continue;
    problems.push({
      severity: 'warning',
      file: document.file,
      ...document.place([other], 'key'),
      message: `${quote(other)} is not a known key and has no effect`,
      fix: other === 'servers' ? 'Move its entries to "mcpServers"' : 'Remove it if it was meant for this gateway',
    });
  }
  return found;
}

/** `$schema` is for editors; `inputs` belongs to VS Code. */
const HARMLESS = new Set(['$schema', 'inputs']);
