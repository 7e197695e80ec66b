/** Reads the entries that group tools of other servers, once all others are read. What is wrong in one switches it off. */

import { overlap } from '../../policy/overlapping-patterns.ts';
import { isLiteralPattern, patternProblem } from '../../policy/pattern.ts';
import { EntryFindings } from '../entry-findings.ts';
import { check } from '../file-schemas.ts';
import { type ConfigDocument, type ConfigNode, type ConfigPath, toValue } from '../json-document.ts';
import { nearest } from '../nearest-name.ts';
import { quote } from '../quote-name.ts';
import { virtualEntry } from '../schema-virtual.ts';
import type { BrokenServer, Problem } from '../snapshot.ts';
import { VirtualServer, type VirtualTools } from './virtual-server.ts';

/** The names of the other entries of the file, by their kind. */
export interface Neighbours {
  /** Names of entries that group tools themselves. */
  readonly virtual: { has(name: string): boolean };
  /** Names of all others. */
  readonly servers: ReadonlySet<string>;
  /** Those that their owner has switched off. */
  readonly absent: ReadonlySet<string>;
}

type VirtualResult = { readonly problems: readonly Problem[] } & (
  | { readonly kind: 'virtual'; readonly virtual: VirtualServer }
  | { readonly kind: 'broken'; readonly broken: BrokenServer }
);

const OWN_KEYS: ReadonlySet<string> = new Set(['virtual', 'description', 'disabled', 'enabled']);
const LINK_KEYS: ReadonlySet<string> = new Set(['command', 'args', 'url', 'type', 'transport']);
const SHAPE_KEYS: ReadonlySet<string> = new Set(['tools', 'prompts', 'resources', 'cache']);

/** Reads the entry `name` at `path`. Never throws. */
export function readVirtual(
  name: string,
  path: ConfigPath,
  node: ConfigNode,
  document: ConfigDocument,
  neighbours: Neighbours,
): VirtualResult {
  const findings = new EntryFindings(name, path, document);
  const virtual = virtualOf(name, node, neighbours, findings);
  const { problems } = findings;
  if (virtual === undefined) return { kind: 'broken', broken: findings.broken(), problems };
  return { kind: 'virtual', virtual, problems };
}

function virtualOf(
  name: string,
  node: ConfigNode,
  neighbours: Neighbours,
  findings: EntryFindings,
): VirtualServer | undefined {
  const entry = toValue(node);
  if (!(entry instanceof Map)) return undefined;
  const description: unknown = entry.get('description');
  if (typeof description === 'string') findings.description = description;
  for (const key of entry.keys()) refuseKey(String(key), findings);
  const checked = check(virtualEntry, entry.get('virtual'));
  if (!checked.ok) {
    for (const { path, message, fix, target } of checked.issues) {
      const isEmpty = message === 'is out of range';
      const how = isEmpty ? 'Name at least one: "SERVER.TOOL"' : fix;
      findings.error(['virtual', ...path], isEmpty ? 'has no tools' : message, how, target);
    }
    return undefined;
  }
  const { tools: written = [], prefix } = checked.value ?? {};
  const tools = written.flatMap((text, index) => {
    const read = readTool(name, text, neighbours);
    if ('server' in read) {
      if (neighbours.absent.has(read.server)) {
        const off = `is of server ${quote(read.server)}, which is switched off`;
        findings.warn(['virtual', 'tools', index], off, 'Switch it on, or remove this');
      }
      return [read];
    }
    findings.error(['virtual', 'tools', index], read.message, read.fix);
    return [];
  });
  if (findings.haveErrors) return undefined;
  const virtual = new VirtualServer(name, findings.description, tools, prefix === true);
  refuseClashes(virtual, tools, prefix === true, findings);
  return findings.haveErrors ? undefined : virtual;
}

function refuseKey(key: string, findings: EntryFindings): void {
  if (OWN_KEYS.has(key)) return;
  if (LINK_KEYS.has(key)) findings.error([key], 'cannot stand beside "virtual"', 'Keep one of them', 'key');
  else if (SHAPE_KEYS.has(key))
    findings.warn(
      [key],
      'has no effect beside "virtual"',
      'Write it in the entry of the server that has the tool',
      'key',
    );
  else findings.warn([key], 'has no effect beside "virtual"', 'Remove it', 'key');
}

interface Wrong {
  readonly message: string;
  readonly fix: string;
}

/** Server and tool of `SERVER.TOOL`, where either may have dots; the longest name of a server counts. */
function readTool(own: string, text: string, { virtual, servers }: Neighbours): VirtualTools | Wrong {
  const splits = [...text.matchAll(/\./g)].map(({ index }) => [text.slice(0, index), text.slice(index + 1)] as const);
  const known = splits.filter(([server]) => servers.has(server) || virtual.has(server));
  const [server, tool] = known.findLast(([, name]) => name !== '') ?? [];
  if (server === undefined || tool === undefined) {
    const [first = ''] = splits.map(([before]) => before);
    const similar = nearest(first, [...servers]);
    const fix = similar === undefined ? 'Correct the name, or add the server' : `Did you mean ${quote(similar)}?`;
    return { message: `is of server ${quote(first)}, which is not in this file`, fix };
  }
  if (server === own) return { message: 'is of this entry itself', fix: 'Name tools of other servers' };
  if (virtual.has(server))
    return {
      message: `is of ${quote(server)}, which has no tools of its own`,
      fix: `Name the tools that ${quote(server)} names`,
    };
  const problem = patternProblem(tool);
  return problem === undefined
    ? { server, tool }
    : { message: `has a pattern that ${problem}`, fix: 'Write a name, or a pattern with *, ? or [abc]' };
}

/** Two tools cannot have one name, whatever their servers list. */
function refuseClashes(
  virtual: VirtualServer,
  tools: readonly VirtualTools[],
  isPrefixed: boolean,
  findings: EntryFindings,
): void {
  const fix = isPrefixed
    ? 'Remove one of them'
    : 'Remove one of them, or write "prefix": true, which puts the name of its server before each';
  for (const [index, one] of tools.entries()) {
    const clash = tools.slice(0, index).find((other) => other.server !== one.server && clashes(virtual, one, other));
    if (clash === undefined) continue;
    const name = `${clash.server}.${clash.tool}`;
    findings.error(['virtual', 'tools', index], `may have the same name as a tool of ${quote(name)}`, fix);
  }
}

/** A tool that is named by itself comes before those of a pattern. */
function clashes(virtual: VirtualServer, one: VirtualTools, other: VirtualTools): boolean {
  const names = [one, other].map(({ server, tool }) => virtual.nameFor(server, tool));
  const [first = '', second = ''] = names;
  const literal = [one, other].filter(({ tool }) => isLiteralPattern(tool)).length;
  if (literal === 2) return first === second;
  return literal === 0 && virtual.nameFor('', '') === '' && overlap(first, second);
}
