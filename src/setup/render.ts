/** A plan in lines for a terminal of 80 columns. No value that may be secret is in them. Pure. */
import { homedir } from 'node:os';
import type { ClientConnection } from './connect-plan.ts';
import type { Json, JsonObject } from './edit/data.ts';
import type { Undone } from './execute.ts';
import type { ImportPlan } from './import-plan.ts';
import { takeSecrets } from './literal-secrets.ts';
import { type MergedServer, unset } from './merge.ts';

const WIDTH = 78;

/** The command or address of the server of an entry, secrets and defaults replaced: `npx -y @x/server`, `https://example.com/mcp`. */
export function summary(entry: JsonObject): string {
  const { entry: safe } = takeSecrets('', withoutDefaults(entry), () => '...');
  if (typeof safe['url'] === 'string') return safe['url'];
  const command = safe['command'];
  const words = [
    ...(Array.isArray(command) ? command : [command ?? safe['cmd']]),
    ...(Array.isArray(safe['args']) ? safe['args'] : []),
  ];
  const line = words.filter((word): word is Json & string => typeof word === 'string').join(' ');
  // A command may be a whole line, with a key among its words.
  const { entry: plain } = takeSecrets('', { args: line.split(' ') }, () => '...');
  return (plain['args'] as readonly string[]).join(' ');
}

/** A default of a variable may be a key, which no search finds inside a reference. */
function withoutDefaults(value: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      if (Array.isArray(member)) return [key, member.map((item) => (typeof item === 'string' ? bare(item) : item))];
      return [key, typeof member === 'string' ? bare(member) : member];
    }),
  );
}

/** Extends a default behind the first `:-` as far as the last brace: defaults may hold references. */
function bare(text: string): string {
  return text.replace(/(\$\{[^}:]*(?:env:[^}:]*)?):-.*\}/gs, '$1:-...}');
}

/** `~` for the home folder. */
export function shortPath(path: string, home: string = homedir()): string {
  return path === home || path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 3))}...`;
}

/** A line of a diff. */
function diff(sign: '+' | '-' | '=' | '!', name: string, text: string, width: number): string {
  const head = `  ${sign} ${name.padEnd(width)}`;
  return cut(`${head} ${text}`.trimEnd(), WIDTH);
}

function titlesOf({ sources }: MergedServer): string {
  return [...new Set(sources.map(({ source }) => source.file.client.title))].join(', ');
}

export function renderImport(plan: ImportPlan, env: Readonly<Record<string, string | undefined>>): string[] {
  const { merged, own, sources } = plan;
  const lines: string[] = [];
  const used = merged.servers.filter((server) => server.sources.length > 0);
  const width = Math.min(24, Math.max(0, ...used.map(({ name }) => name.length)));
  if (used.length > 0) lines.push(`Servers, into ${shortPath(own.servers.path)}:`);
  for (const server of used) {
    const from = `(${titlesOf(server)})`;
    const room = WIDTH - width - from.length - 6;
    const off = server.isOff && server.isNew ? 'off: ' : '';
    const text = server.isNew
      ? `${off}${cut(summary(server.entry), Math.max(10, room - off.length))} ${from}`
      : `is there already ${from}`;
    lines.push(diff(server.isNew ? '+' : '=', server.name, text, width));
  }
  lines.push(...renamed(used), ...secretsOf(plan), ...rulesOf(plan), ...lostOf(plan, env));
  for (const { message } of sources.refused) lines.push(`Not read: ${message}`);
  return lines;
}

function renamed(servers: readonly MergedServer[]): string[] {
  const lines = servers.flatMap((server) =>
    server.sources
      .filter(({ result }) => result.name !== server.name)
      .map(({ source, result }) => `  ${server.name}: called "${result.name}" in ${source.file.client.title}`),
  );
  return lines.length === 0 ? [] : ['Other names:', ...lines.map((line) => cut(line, WIDTH))];
}

function secretsOf({ merged, secrets: all }: ImportPlan): string[] {
  const lines = merged.servers.flatMap(({ name, secrets }) =>
    secrets.map((secret) => cut(`  + ${secret.name}: ${secret.field} of ${name}`, WIDTH)),
  );
  for (const name of all.keys()) if (!merged.secrets.has(name)) lines.push(cut(`  + ${name}: as you typed it`, WIDTH));
  return lines.length === 0 ? [] : ['Secrets, into the encrypted store:', ...lines];
}

function rulesOf({ rules, makesRules, own }: ImportPlan): string[] {
  if (rules.length === 0 && !makesRules) return [];
  const lines = [`Rules, in ${shortPath(own.rules.path)}:`];
  if (makesRules) lines.push('  + default: may use every server');
  for (const { agent, kind, server, tools, because } of rules) {
    const what = tools.includes('*') ? server : `of ${server} ${kind === 'allow' ? 'only ' : ''}${tools.join(', ')}`;
    lines.push(...wrap(`  + ${agent}: ${kind === 'deny' ? 'not ' : ''}${what} (${because})`));
  }
  return lines;
}

function lostOf({ merged, sources }: ImportPlan, env: Readonly<Record<string, string | undefined>>): string[] {
  const lost = [
    ...merged.servers.flatMap(({ name, sources: from }) =>
      from.flatMap(({ source, result }) =>
        result.lost.map((what) => `  ${name} (${source.file.client.title}): ${what}`),
      ),
    ),
    ...sources.lost.map(({ client, what }) => `  ${client.title}: ${what}`),
  ];
  const left = sources.entries.flatMap(({ file, result }) => {
    if (result.kind !== 'left' || result.reason === undefined) return [];
    return [`  ${result.name} (${file.client.title}) ${result.reason}`];
  });
  const needs = merged.servers.flatMap(({ name, sources: from }) => {
    const missing = unset([...new Set(from.flatMap(({ result }) => result.needs))], env);
    return missing.length === 0 ? [] : [`  ${name}: set ${missing.join(', ')} where the gateway starts`];
  });
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : [title, ...[...new Set(lines)].flatMap(wrap)];
  return [
    ...section('Not carried over:', lost),
    ...section('Stays where it is:', left),
    ...section('Needed, and not set here:', needs),
  ];
}

export function renderConnections(connections: readonly ClientConnection[]): string[] {
  return connections.flatMap(({ client, path, isThere, entry, name, removed, kept, refusal, change }) => {
    if (refusal !== undefined) return wrap(`Not connected: ${client.title}: ${refusal}`);
    const head = `${client.title}, ${shortPath(path)}${isThere ? '' : ' (new)'}:`;
    if (change === undefined) return [head, `  = ${name} is there already`];
    const width = Math.min(24, Math.max(name.length, ...removed.map((one) => one.length)));
    return [
      cut(head, WIDTH),
      ...removed.map((one) => diff('-', one, 'is in the gateway', width)),
      entry === undefined ? diff('=', name, 'is there already', width) : diff('+', name, summary(entry), width),
      ...kept.map((one) => diff('=', one, 'stays: the gateway does not have it', width)),
    ];
  });
}

export function renderUndone(undone: readonly Undone[]): string[] {
  return undone.flatMap(({ journal, files }) => [
    `${journal.label} (${journal.time.slice(0, 16).replace('T', ' ')} UTC)`,
    ...files.flatMap(({ path, outcome, left }) => {
      const more = left === undefined ? '' : `: ${left}`;
      return wrap(`  ${OUTCOMES[outcome]} ${shortPath(path)}${more}`);
    }),
  ]);
}

const OUTCOMES = {
  restored: 'restored ',
  removed: 'removed  ',
  edited: 'edited   ',
  unchanged: 'unchanged',
  kept: 'KEPT     ',
} as const;

/** Breaks a line between words; what follows is indented more. */
function wrap(line: string): string[] {
  if (line.length <= WIDTH) return [line];
  const indent = `${/^ */.exec(line)?.[0] ?? ''}    `;
  const lines: string[] = [];
  let rest = line;
  while (rest.length > WIDTH) {
    const space = rest.lastIndexOf(' ', WIDTH);
    if (space <= indent.length) break;
    lines.push(rest.slice(0, space));
    rest = indent + rest.slice(space + 1);
  }
  return [...lines, rest];
}
