/** Says what an agent may do, in plain sentences. Pure. */
import type { Policy } from '../compile-rules.ts';
import { isLiteralPattern } from '../pattern.ts';
import type { Access, AccessList, AccessMap, AgentRules, ToolMap } from '../rules-data.ts';
import { type Outcomes, outcomeOf, type ToolsByServer } from './changed-decisions.ts';
import { conditionWords } from './condition-words.ts';

/** One server, as an agent has it. */
export interface ServerAccess extends Outcomes {
  readonly server: string;
  /** Known tools that are allowed and denied; undefined where the tools of the server are not known. */
  readonly tools: { readonly allowed: readonly string[]; readonly denied: readonly string[] } | undefined;
}

/** The part of each server that an agent gets. */
export function accessOf(policy: Policy, agent: string, tools: ToolsByServer): ServerAccess[] {
  return [...tools].map(([server, names]) => {
    const outcome = (name?: string): Outcomes => outcomeOf(policy, { agent, server, name, kind: 'tool' });
    const may = (name: string): boolean => ['ALLOW', 'ASK', 'DEPENDS'].includes(outcome(name).outcome);
    const known = names && { allowed: names.filter(may), denied: names.filter((name) => !may(name)) };
    return { server, ...outcome(), tools: known };
  });
}

/** Sentences about the rules, without their agent's name: each begins with a verb. */
export function sayRules({ allow, ask, approved = {}, deny }: AgentRules): string[] {
  const servers = allow?.servers ?? [];
  const never = deny?.servers ?? [];
  if (servers.length === 0) return ['may use nothing: its rules allow no server.'];
  const except = never.length === 0 ? '' : `, but never ${listOf('server', never)}`;
  return [
    `may use ${listOf('server', servers)}${except}.`,
    ...MAPS.flatMap(([map, noun]) => [...allowed(allow?.[map] ?? {}, noun), ...denied(deny?.[map] ?? {}, noun)]),
    ...asked(ask ?? {}),
    ...saidOfAccess(allow?.access, (tools) => `may use ${tools}, and no others.`, true),
    ...saidOfAccess(ask?.access, (tools) => `has a person asked before every use of ${tools}.`),
    ...answered(approved),
    ...saidOfAccess(deny?.access, (tools) => `may never use ${tools}.`),
    ...unsaid({ ...allow }),
  ];
}

const MAPS = [
  ['tools', 'tool'],
  ['prompts', 'prompt'],
  ['resources', 'resource'],
  ['skills', 'skill'],
] as const;

function allowed(map: ToolMap, noun: string): string[] {
  return Object.entries(map).map(([server, patterns]) => {
    const where = serversIn(server, map);
    return patterns.length === 0
      ? `may use no ${noun} of ${where}.`
      : `may use of ${where} only ${listOf(noun, patterns)}.`;
  });
}

function denied(map: ToolMap, noun: string): string[] {
  return Object.entries(map).flatMap(([server, patterns]) =>
    patterns.length === 0
      ? []
      : [`may never use ${listOf(noun, patterns)} of ${serversIn(server, {})}, whatever else is allowed.`],
  );
}

function asked(ask: AccessList): string[] {
  const servers = ask.servers ?? [];
  const sentence = (what: string): string => `has a person asked before every use of ${what}, where it is allowed.`;
  return [
    ...(servers.length === 0 ? [] : [sentence(`anything of ${listOf('server', servers)}`)]),
    ...MAPS.flatMap(([map, noun]) =>
      Object.entries(ask[map] ?? {}).flatMap(([server, patterns]) =>
        patterns.length === 0 ? [] : [sentence(`${listOf(noun, patterns)} of ${serversIn(server, {})}`)],
      ),
    ),
  ];
}

/** The permanent answers of a person. */
function answered(approved: NonNullable<AgentRules['approved']>): string[] {
  return Object.entries(approved).flatMap(([server, answers]) => {
    const tools = answers.filter((answer) => typeof answer === 'string');
    const calls = answers.flatMap((answer) => (typeof answer === 'string' ? [] : [answer.tool]));
    const times = [...new Set(calls)].map((tool) => {
      const number = calls.filter((one) => one === tool).length;
      return `${number === 1 ? 'one call' : `${number} calls`} of ${quoted(tool)}`;
    });
    const what = [...(tools.length === 0 ? [] : [listOf('tool', tools)]), ...times];
    const whose = listOf('server', [server]);
    return what.length === 0
      ? []
      : [`has nobody asked any more, since somebody approved it for good, about ${listed(what)} of ${whose}.`];
  });
}

/** @param wanted whether an empty list says something too. */
function saidOfAccess(map: AccessMap = {}, sentence: (tools: string) => string, wanted = false): string[] {
  return Object.entries(map).flatMap(([server, levels]) => {
    if (levels.length === 0 && !wanted) return [];
    if (levels.length === 0) return [sentence(`no tool of ${serversIn(server, map)}`)];
    const what = listed(
      levels.map((level) => ACCESS_WORDS[level]),
      'or',
    );
    return [sentence(`the tools of ${serversIn(server, map)} that ${what}`)];
  });
}

const ACCESS_WORDS: Readonly<Record<Access, string>> = {
  read: 'only read',
  write: 'write and destroy nothing',
  destructive: 'destroy',
  unknown: 'do not say what they do',
};

/** The things that come with a server because no rule speaks of them. */
function unsaid(allow: AccessList): string[] {
  const open = MAPS.filter(([map]) => !Object.hasOwn(allow[map] ?? {}, '*')).map(([, noun]) => `${noun}s`);
  if (open.length === 0) return [];
  const said = MAPS.some(([map]) => Object.keys(allow[map] ?? {}).length > 0);
  return [
    `may use all ${listed(open)} of ${said ? 'the servers that no rule above limits' : 'these servers'}, unless denied.`,
  ];
}

function serversIn(pattern: string, map: ToolMap | AccessMap): string {
  if (pattern !== '*') return listOf('server', [pattern]);
  return Object.keys(map).some(isLiteralPattern) ? 'every other server' : 'every server';
}

/** `tools a, b and all that match "c_*"`. */
function listOf(noun: string, entries: ToolMap[string]): string {
  if (entries.includes('*')) return `every ${noun}`;
  const patterns = entries.filter((entry) => typeof entry === 'string');
  const names = patterns.filter(isLiteralPattern);
  const others = patterns.filter((pattern) => !isLiteralPattern(pattern)).map((pattern) => JSON.stringify(pattern));
  const parts = [
    ...(names.length === 0 ? [] : [`${noun}${names.length === 1 ? '' : 's'} ${listed(names.map(quoted))}`]),
    ...(others.length === 0 ? [] : [`${noun}s that match ${listed(others, 'or')}`]),
    ...entries.flatMap((entry) =>
      typeof entry === 'string' ? [] : `${listOf(noun, [entry.tool])} where ${conditionWords(entry)}`,
    ),
  ];
  return parts.join(', and ');
}

function quoted(name: string): string {
  return JSON.stringify(name);
}

function listed(parts: readonly string[], word = 'and'): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(', ')} ${word} ${parts.at(-1)}`;
}
