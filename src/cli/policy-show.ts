/** Runs `policy show`: what an agent may do, in words. */
import { didYouMean } from '../catalog/name-suggestions.ts';
import { openRules } from '../config/edit-rules.ts';
import { quote } from '../config/quote-name.ts';
import type { ReadRules } from '../config/rules-file.ts';
import type { Settings } from '../config/settings.ts';
import type { AgentTerms } from '../config/snapshot.ts';
import { accessOf, type ServerAccess, sayRules } from '../policy/authoring/agent-words.ts';
import { compile, type Policy } from '../policy/compile-rules.ts';
import { SPLIT_EXECUTORS } from '../policy/executors.ts';
import { compilePattern } from '../policy/pattern.ts';
import { GatewayError } from '../shared/errors.ts';
import { count } from './count.ts';
import { print, printJson } from './output.ts';
import { knownTools, withKnownAccess } from './policy-files.ts';

interface ShowOptions {
  readonly agent: string;
  readonly live: boolean;
  readonly json: boolean;
}

/** @throws GatewayError CONFIG_NOT_FOUND, CONFIG_INVALID, USAGE */
export async function showCommand(settings: Settings, { agent, live, json }: ShowOptions): Promise<void> {
  const editor = await openRules(settings);
  const rules = editor.rules.rules ?? { agents: {} };
  const policy = await withKnownAccess(settings, compile(rules));
  const own = policy.hasAgent(agent) ? rules.agents[agent] : undefined;
  if (own === undefined) {
    throw new GatewayError('USAGE', `The rules have no agent ${quote(agent)}.${didYouMean(agent, policy.agents)}`);
  }
  const access = accessOf(policy, agent, await knownTools(settings, [rules], live));
  const sentences = [
    ...sayRules(own),
    ...sayTerms(editor.rules.agentTerms.get(agent)),
    ...sayPrincipals(editor.rules, agent),
  ];
  const isShadow = policy.isShadow(agent);
  if (json)
    return printJson({
      agent,
      shadow: isShadow,
      sentences: sentences.map((text) => `${agent} ${text}`),
      servers: access,
    });
  if (isShadow) print(`${agent} is in shadow mode: what follows is recorded and not enforced. It may use everything.`);
  for (const sentence of sentences) print(`${agent} ${sentence}`);
  printServers(policy, agent, access);
}

function printServers(policy: Policy, agent: string, access: readonly ServerAccess[]): void {
  const may = access.filter(({ server }) => policy.judge(agent, server).allowed);
  print('');
  print(`${agent} may use ${may.length} of ${count(access.length, 'known server')}${may.length === 0 ? '.' : ':'}`);
  for (const { server, tools } of may) {
    if (tools === undefined) print(`  ${server}: its tools are not known here`);
    else if (tools.denied.length === 0) print(`  ${server}: all ${count(tools.allowed.length, 'known tool')}`);
    else
      print(
        `  ${server}: ${tools.allowed.length} of ${count(tools.allowed.length + tools.denied.length, 'known tool')}${named(tools.allowed)}`,
      );
  }
}

/** Names shown of a list. */
const SHOWN = 12;

function named(names: readonly string[]): string {
  if (names.length === 0) return '';
  const more = names.length > SHOWN ? ` and ${names.length - SHOWN} more` : '';
  return `: ${names.slice(0, SHOWN).join(', ')}${more}`;
}

function sayTerms(terms: AgentTerms | undefined): string[] {
  if (terms === undefined) return [];
  const { execute, limits, minAssurance, maxResultTokens } = terms;
  const bounds = [
    [limits?.callsPerMinute, 'calls per minute'],
    [limits?.concurrentCalls, 'calls at a time'],
    [limits?.bytesPerHour, 'bytes per hour'],
  ].flatMap(([limit, what]) => (limit === undefined ? [] : [`${limit} ${what}`]));
  return [
    ...(execute === 'split' ? [`calls tools with ${SPLIT_EXECUTORS.join(', ')}: each what fits it.`] : []),
    ...(bounds.length === 0 ? [] : [`is limited to ${bounds.join(', ')}.`]),
    ...(minAssurance === undefined ? [] : [`is refused where less than "${minAssurance}" says that it is this agent.`]),
    ...(maxResultTokens === undefined
      ? []
      : [`gets results of at most ${maxResultTokens} tokens, and reads on where there is more.`]),
  ];
}

/** The principals that may be the agent, and what holds them back besides. */
function sayPrincipals({ principals }: ReadRules, agent: string): string[] {
  if (principals === undefined) return ['is whoever says so: the rules have no principals.'];
  const may = [...principals.values()].filter(({ mayAssume }) =>
    mayAssume.some((pattern) => compilePattern(pattern)(agent)),
  );
  if (may.length === 0) return ['is nobody: no principal of the rules may assume it.'];
  const names = may.map(({ name, ceiling }) => (ceiling === undefined ? name : `${name} (within what ${ceiling} may)`));
  return [`can be assumed by ${may.length === 1 ? 'the principal' : 'the principals'} ${names.join(', ')}.`];
}
