/** What decisions cost, in microseconds of processor time: each figure is the median of rounds. */
import process from 'node:process';
import { CallArguments } from '../../src/policy/arguments/call-arguments.ts';
import { compileExpression } from '../../src/policy/arguments/cel.ts';
import type { Matcher } from '../../src/policy/arguments/matcher-data.ts';
import { compile } from '../../src/policy/compile-rules.ts';
import type { AgentRules, CallFacts, ToolRule } from '../../src/policy/rules-data.ts';

const ROUNDS = 15;
const CALLS = 20_000;

const NAMES: AgentRules = {
  allow: { servers: ['files', 'db_*'], tools: { files: ['read_*', 'list_*', 'write_file'] } },
  deny: { servers: ['secret_*'], tools: { '*': ['delete_*', 'drop_*'] } },
};
const VALUE = '/srv/project/src/policy/decide.ts';
const MATCHERS: Readonly<Record<string, readonly [Matcher, unknown]>> = {
  equals: [{ equals: VALUE }, VALUE],
  in: [{ in: ['a', 'b', VALUE] }, VALUE],
  matches: [{ matches: ['*.js', '*.ts'] }, VALUE],
  under: [{ under: ['/srv/project', '/tmp'] }, VALUE],
  'under, not plain': [{ under: ['/srv/project'] }, '/srv/project/a%20b/é.txt'],
  host: [{ host: ['*.example.com'] }, 'https://api.example.com/v1/things?x=1'],
  'min, max': [{ min: 1, max: 100 }, 50],
  max_length: [{ max_length: 100 }, VALUE],
  type: [{ type: 'string' }, VALUE],
  'each of 3': [{ each: { matches: '*@example.com' } }, ['a@example.com', 'b@example.com', 'c@example.com']],
};
const EXPRESSION = "size(args.sql) < 2000 && !args.sql.matches('(?i)drop|alter')";
const SQL = 'select name, price from things where shop = 5 and price < 10 order by name limit 100';

function median(measure: () => void): number {
  const times = Array.from({ length: ROUNDS }, () => {
    const start = process.cpuUsage();
    for (let call = 0; call < CALLS; call++) measure();
    return process.cpuUsage(start).user / CALLS;
  }).slice(3);
  return times.sort((one, other) => one - other)[Math.floor(times.length / 2)] ?? 0;
}

function withRule(rule: ToolRule): AgentRules {
  return { ...NAMES, allow: { ...NAMES.allow, tools: { files: ['read_*', 'list_*', rule] } } };
}

/** @param text undefined where rules speak of no arguments */
function decision(rules: AgentRules, text: string | undefined): number {
  const policy = compile({ agents: { dev: rules } });
  const check = (): void => {
    const facts: CallFacts = text === undefined ? {} : { args: new CallArguments(text), access: 'read' };
    if (!policy.decide('dev', 'files', 'write_file', 'tool', facts).allowed) throw new Error('It must be allowed.');
  };
  return median(check);
}

export function figures(): Record<string, number> {
  const expression = compileExpression(EXPRESSION);
  if (!expression.ok) throw new Error(expression.problem);
  const names = decision(NAMES, undefined);
  const withCondition = (args: ToolRule, value: unknown): number =>
    decision(withRule(args), JSON.stringify({ x: value, other: 'a', more: 5 }));
  const base = decision(NAMES, JSON.stringify({ x: VALUE, other: 'a', more: 5 }));
  const matchers = Object.entries(MATCHERS).map(([name, [matcher, value]]): [string, number] => [
    `args ${name}`,
    withCondition({ tool: 'write_file', args: { '/x': matcher } }, value),
  ]);
  const access = { ...NAMES, allow: { ...NAMES.allow, access: { '*': ['read'] as const } } };
  return {
    'names alone': names,
    'names alone, arguments given': base,
    access: decision(access, '{}'),
    ...Object.fromEntries(matchers),
    when: decision(withRule({ tool: 'write_file', when: expression.expression }), JSON.stringify({ sql: SQL })),
  };
}
