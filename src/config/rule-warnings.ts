/** Warnings about rules that are valid but may not do what their author meant. */

import { escapeText } from '../observe/escape-text.ts';
import { compile } from '../policy/compile-rules.ts';
import { lint } from '../policy/lint.ts';
import { isLiteralPattern } from '../policy/pattern.ts';
import { ACCESS_LEVELS, type AccessList, type CallFacts, type PolicyRules } from '../policy/rules-data.ts';
import type { ConfigDocument, ConfigPath } from './json-document.ts';
import { nearest } from './nearest-name.ts';
import { quote } from './quote-name.ts';
import { pathName, problemAt, type ReadRules } from './rules-file.ts';
import type { Problem } from './snapshot.ts';

/** The findings of `lint`: rules that the Python gateway understood differently, and patterns that look mistyped. */
export function lintProblems(document: ConfigDocument, rules: PolicyRules): Problem[] {
  return lint(rules).map(({ kind, path, message, fix }) => {
    const target = path.at(-2) === 'tools' ? 'key' : 'value';
    const text = `${pathName(path)}: ${escapeText(message)}`;
    const problem = problemAt(document, 'warning', path, text, escapeText(fix), target);
    return kind === 'pattern' ? problem : { ...problem, migration: true };
  });
}

/** One warning for each agent in shadow mode: nothing holds it back. */
export function shadowWarnings(document: ConfigDocument, rules: PolicyRules): Problem[] {
  return Object.entries(rules.agents).flatMap(([name, { enforce }]) => {
    if (enforce !== 'shadow') return [];
    const path = ['agents', name, 'enforce'];
    const message = `${pathName(path)}: agent ${quote(name)} is in shadow mode, so anybody who acts as it may use everything`;
    const fix =
      'Remove it as soon as the rules are right: "policy learn" and "policy explain" show what they would deny';
    return [problemAt(document, 'warning', path, message, fix, 'key')];
  });
}

/** One warning for each answer for good to a question that nobody asks: it changes nothing. */
export function approvedWarnings(document: ConfigDocument, rules: PolicyRules): Problem[] {
  const answered = Object.entries(rules.agents).filter(([, { approved }]) => approved !== undefined);
  if (answered.length === 0) return [];
  const agents = Object.entries(rules.agents).map(([name, agent]) => [name, { ...agent, approved: {} }] as const);
  const policy = compile({ ...rules, agents: Object.fromEntries(agents) });
  return answered.flatMap(([name, { approved = {} }]) =>
    Object.entries(approved).flatMap(([server, answers]) =>
      answers.flatMap((answer, index) => {
        const tool = typeof answer === 'string' ? answer : answer.tool;
        if (POSSIBLE.some((facts) => policy.judge(name, server, tool, 'tool', facts).effect === 'ask')) return [];
        const path = ['agents', name, 'approved', server, index];
        const message = `${pathName(path)} changes nothing: nobody is asked about ${quote(tool)} of ${quote(server)}`;
        return [problemAt(document, 'warning', path, message, 'Remove it, or correct the name')];
      }),
    ),
  );
}

/** A call of each access, with arguments that match whatever is asked about, and with any. */
const POSSIBLE: readonly CallFacts[] = ACCESS_LEVELS.flatMap((access) => [
  { access },
  { access, args: 'any' as const },
]);

/** Warnings about agents whose view and whose ways to call tools do not go together. */
export function viewWarnings(document: ConfigDocument, terms: ReadRules['agentTerms']): Problem[] {
  return [...terms].flatMap(([name, { execute, expose, code = false }]) => {
    const warn = (member: 'execute' | 'code', says: string, fix: string): Problem => {
      const path = ['agents', name, member];
      return problemAt(document, 'warning', path, `${pathName(path)} ${says}`, fix);
    };
    const isDirect = expose === 'direct';
    const isSplit = execute === 'split';
    const said: Problem[] = [];
    const nothing =
      'changes nothing beside "expose": "direct": there agents call the tools of servers by their own names';
    if (isSplit && isDirect) said.push(warn('execute', nothing, 'Remove one of them'));
    if (code !== false && isDirect) said.push(warn('code', nothing, 'Remove one of them'));
    if (code !== false && isSplit && !isDirect) {
      const around =
        'lets the agent call every kind of tool through run_code, also what a client with "execute": "split" would stop';
      said.push(warn('code', around, 'Remove one of them, or let "ask" name what a person has to approve'));
    }
    return said;
  });
}

/**
 * One warning for each rule that names a server, without a pattern, that is not in `names`. No error, because rules may be
 * kept for a server that comes back.
 */
export function unknownServers(
  document: ConfigDocument,
  { rules, definitions, results }: Pick<ReadRules, 'rules' | 'definitions' | 'results'>,
  names: ReadonlySet<string>,
): Problem[] {
  const problems: Problem[] = [];
  const check = (server: string, path: ConfigPath, target: 'key' | 'value'): void => {
    if (names.has(server) || !isLiteralPattern(server)) return;
    const similar = nearest(server, [...names]);
    const fix = similar === undefined ? 'Correct the name, or add the server' : `Did you mean ${quote(similar)}?`;
    const message = `${pathName(path)} names the server ${quote(server)}, which is not configured`;
    problems.push(problemAt(document, 'warning', path, message, fix, target));
  };
  const checkList = (list: AccessList | undefined, path: ConfigPath): void => {
    for (const [index, server] of (list?.servers ?? []).entries()) check(server, [...path, 'servers', index], 'value');
    for (const map of ['tools', 'prompts', 'resources', 'skills', 'access'] as const) {
      for (const server of Object.keys(list?.[map] ?? {})) check(server, [...path, map, server], 'key');
    }
  };
  for (const server of definitions?.keys() ?? []) check(server, ['definitions', server], 'key');
  for (const server of results?.keys() ?? []) check(server, ['results', server], 'key');
  for (const server of Object.keys(rules?.access ?? {})) check(server, ['access', server], 'key');
  for (const server of Object.keys(rules?.labels ?? {})) check(server, ['labels', server], 'key');
  for (const [name, agent] of Object.entries(rules?.agents ?? {})) {
    checkList(agent.allow, ['agents', name, 'allow']);
    checkList(agent.ask, ['agents', name, 'ask']);
    checkList(agent.deny, ['agents', name, 'deny']);
    for (const server of Object.keys(agent.approved ?? {})) check(server, ['agents', name, 'approved', server], 'key');
  }
  return problems;
}
