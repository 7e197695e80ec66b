/** Decisions about calls, with arguments and access, against a reading of docs/rules.md that shares nothing with the code. */
import process from 'node:process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CallArguments } from './arguments/call-arguments.ts';
import type { Expression, ExpressionFacts } from './arguments/condition.ts';
import type { Matcher } from './arguments/matcher-data.ts';
import { decideUnderCeiling } from './ceiling.ts';
import { compile } from './compile-rules.ts';
import {
  ACCESS_LEVELS,
  type Access,
  type AccessList,
  type AgentRules,
  type Effect,
  type PolicyRules,
  type ToolRule,
} from './rules-data.ts';

const LONG = process.env['LONG'] !== undefined;
const CASES = LONG ? 1_000_000 : 100_000;
const TIME_LIMIT_MS = LONG ? 600_000 : 120_000;

type Truth = boolean | undefined;
type Value = string | number | boolean | null | readonly (string | number)[];
type Args = Readonly<Record<string, Value>>;

const SERVERS = ['s', 't', 'u'];
const TOOLS = ['get', 'put', 'drop'];
const VALUES: readonly Value[] = [
  'a',
  'b',
  '5',
  '/srv/x',
  '/srv/../etc',
  '/srv/%2e%2e',
  5,
  2,
  true,
  null,
  ['a'],
  ['a', 5],
  [],
];
/** Below `/srv`: what a person says. */
const UNDER = new Map<Value, Truth>([
  ['/srv/x', true],
  ['/srv/../etc', false],
]);
const MATCHERS: readonly Matcher[] = [
  { equals: 'a' },
  { equals: 5 },
  { in: ['a', 5] },
  { matches: '/srv*' },
  { under: '/srv' },
  { min: 3 },
  { max: 3, type: 'number' },
  { type: ['string', 'null'] },
  { max_length: 1 },
  { each: { equals: 'a' } },
  { absent: true },
  { absent: false },
];
const EXPRESSIONS: readonly Expression[] = [
  { source: 'x is 5', holds: ({ args }) => (args as Args)['x'] === 5 },
  { source: 'x is missing', holds: ({ args }) => !('x' in (args as Args)) },
  { source: 'agent is a', holds: ({ agent }: ExpressionFacts) => agent === 'a' },
  { source: 'tool is get', holds: ({ tool, server }) => tool === 'get' && server === 's' },
  { source: 'cannot be evaluated', holds: () => undefined },
];

const args: fc.Arbitrary<Args> = fc.dictionary(fc.constantFrom('x', 'y', 'X'), fc.constantFrom(...VALUES), {
  maxKeys: 3,
});
const serverPattern = fc.constantFrom('s', 't', '*', '?', 's*');
const toolPattern = fc.constantFrom('get', 'put', 'drop', '*', '?u*', 'd*');
const toolRule: fc.Arbitrary<ToolRule> = fc.record(
  {
    tool: toolPattern,
    args: fc.dictionary(fc.constantFrom('/x', '/y'), fc.constantFrom(...MATCHERS), { maxKeys: 2 }),
    when: fc.constantFrom(...EXPRESSIONS),
  },
  { requiredKeys: ['tool'] },
);
const entries = fc.array(fc.oneof(toolPattern, toolRule), { maxLength: 3 });
const levels = fc.uniqueArray(fc.constantFrom(...ACCESS_LEVELS), { maxLength: 3 });
const servers = fc.array(serverPattern, { maxLength: 3 });
const list: fc.Arbitrary<AccessList> = fc.record(
  {
    servers,
    tools: fc.dictionary(serverPattern, entries, { maxKeys: 2 }),
    access: fc.dictionary(serverPattern, levels, { maxKeys: 2 }),
  },
  { requiredKeys: [] },
);
const generous = fc.record({
  servers: fc.constant(['*']),
  tools: fc.dictionary(serverPattern, entries, { maxKeys: 2 }),
});
const agentRules: fc.Arbitrary<AgentRules> = fc.record(
  { allow: fc.oneof(generous, list), ask: list, deny: list },
  { requiredKeys: ['allow'] },
);
const corrections = fc.dictionary(
  serverPattern,
  fc.dictionary(toolPattern, fc.constantFrom(...ACCESS_LEVELS), { maxKeys: 2 }),
  {
    maxKeys: 2,
  },
);
const rules: fc.Arbitrary<PolicyRules> = fc.record(
  { agents: fc.record({ a: agentRules, b: agentRules }), access: corrections },
  { requiredKeys: ['agents'] },
);

interface Case {
  readonly agent: string;
  readonly ceiling: string | undefined;
  readonly server: string;
  readonly tool: string | undefined;
  readonly args: Args;
  readonly access: Access | undefined;
}

function glob(pattern: string, name: string): boolean {
  return new RegExp(`^${pattern.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(name);
}

const isName = (pattern: string): boolean => !/[*?]/.test(pattern);

function kleene(parts: readonly Truth[]): Truth {
  if (parts.includes(false)) return false;
  return parts.includes(undefined) ? undefined : true;
}

function about(matcher: Matcher, value: Value): Truth {
  const said: Truth[] = [];
  const text = typeof value === 'string';
  for (const [key, wanted] of Object.entries(matcher)) {
    if (key === 'equals')
      said.push(
        typeof value === typeof wanted && value !== null && !Array.isArray(value) ? value === wanted : undefined,
      );
    if (key === 'in') said.push(text || typeof value === 'number' ? value === 'a' || value === 5 : undefined);
    if (key === 'matches') said.push(text ? value.startsWith('/srv') : undefined);
    if (key === 'under') said.push(UNDER.get(value));
    if (key === 'min') said.push(typeof value === 'number' ? value >= 3 : undefined);
    if (key === 'max') said.push(typeof value === 'number' ? value <= 3 : undefined);
    if (key === 'type') said.push(wanted === 'number' ? typeof value === 'number' : text || value === null);
    if (key === 'max_length') said.push(text || Array.isArray(value) ? (value as string).length <= 1 : undefined);
    if (key === 'each') {
      said.push(Array.isArray(value) ? kleene(value.map((one: Value) => about({ equals: 'a' }, one))) : undefined);
    }
  }
  return kleene(said);
}

function holds(rule: string | ToolRule, { agent, args: given, server, tool }: Case): Truth {
  if (typeof rule === 'string') return true;
  const parts = Object.entries(rule.args ?? {}).map(([pointer, matcher]): Truth => {
    const key = pointer.slice(1);
    const same = Object.keys(given).filter((one) => one.toLowerCase() === key);
    // Among all of them, since somebody may not tell cases apart.
    if ('x' in given && 'X' in given) return undefined;
    if (same.length === 1 && same[0] !== key) return undefined;
    const value = given[key];
    if (value === undefined) return matcher.absent;
    return matcher.absent === undefined ? about(matcher, value) : !matcher.absent;
  });
  const facts = { args: given, size: 0, agent, principal: '', server, tool: tool ?? '', now: 0 };
  return kleene([...parts, ...(rule.when === undefined ? [] : [rule.when.holds(facts)])]);
}

function speaking<T>(map: Readonly<Record<string, T>> | undefined, server: string): [string, T][] {
  return Object.entries(map ?? {}).filter(([key]) => glob(key, server));
}

/** Of allows, the name of the server counts alone. */
function granting<T>(map: Readonly<Record<string, T>> | undefined, server: string): T[] {
  const all = speaking(map, server);
  const named = all.filter(([key]) => isName(key));
  return (named.length > 0 ? named : all).map(([, value]) => value);
}

function levelOf(given: PolicyRules, { server, tool = '', access }: Case): Access | undefined {
  if (access === undefined) return undefined;
  const found = speaking(given.access, server).flatMap(([key, tools]) =>
    Object.entries(tools).flatMap(([pattern, level]) =>
      glob(pattern, tool) ? [{ rank: (isName(key) ? 2 : 0) + (isName(pattern) ? 1 : 0), level }] : [],
    ),
  );
  const best = found.filter(({ rank }) => rank === Math.max(...found.map((one) => one.rank)));
  return (
    [...(['destructive', 'unknown', 'write', 'read'] as const)].find((level) =>
      best.some((one) => one.level === level),
    ) ?? access
  );
}

function oracle(given: PolicyRules, one: Case, name: string): Effect {
  const { allow, ask, deny } = given.agents[name] ?? {};
  const { server, tool } = one;
  const asked = (ask?.servers ?? []).some((pattern) => glob(pattern, server));
  if ((deny?.servers ?? []).some((pattern) => glob(pattern, server))) return 'deny';
  if (!(allow?.servers ?? []).some((pattern) => glob(pattern, server))) return 'deny';
  if (tool === undefined) return asked ? 'ask' : 'allow';
  const matches = (rule: string | ToolRule): boolean => glob(typeof rule === 'string' ? rule : rule.tool, tool);
  const holding = (map: AccessList['tools']): boolean =>
    speaking(map, server).some(([, all]) => all.some((rule) => matches(rule) && holds(rule, one) !== false));
  if (holding(deny?.tools)) return 'deny';
  const granted = granting(allow?.tools, server);
  if (granted.length > 0 && !granted.flat().some((rule) => matches(rule) && holds(rule, one) === true)) return 'deny';
  const level = levelOf(given, one);
  const levelsIn = (map: AccessList['access']): Access[] => speaking(map, server).flatMap(([, all]) => all);
  if ([allow, ask, deny].some((each) => speaking(each?.access, server).length > 0)) {
    if (level === undefined || levelsIn(deny?.access).includes(level)) return 'deny';
    const allowed = granting(allow?.access, server);
    if (allowed.length > 0 && !allowed.flat().includes(level)) return 'deny';
  }
  const isAsked = asked || holding(ask?.tools) || (level !== undefined && levelsIn(ask?.access).includes(level));
  return isAsked ? 'ask' : 'allow';
}

const STRICTNESS: readonly Effect[] = ['allow', 'ask', 'deny'];

function expected(given: PolicyRules, one: Case): Effect {
  const both = [one.agent, ...(one.ceiling === undefined ? [] : [one.ceiling])].map((name) => oracle(given, one, name));
  return STRICTNESS[Math.max(...both.map((effect) => STRICTNESS.indexOf(effect)))] ?? 'deny';
}

function* casesOf(someArgs: readonly Args[]): Generator<Case> {
  for (const [agent, ceiling] of [['a'], ['b', 'a']] as const) {
    for (const server of SERVERS) {
      for (const tool of [undefined, ...TOOLS]) {
        for (const [at, given] of someArgs.entries()) {
          const access = [...ACCESS_LEVELS, undefined][at % 5];
          yield { agent, ceiling, server, tool, args: given, access };
        }
      }
    }
  }
}

const someArgs = fc.array(args, { minLength: 10, maxLength: 10 });

function effectsOf(given: PolicyRules, all: readonly Args[]): Effect[] {
  const policy = compile(given);
  return Array.from(casesOf(all), ({ agent, ceiling, server, tool, args: values, access }) => {
    const facts = { args: new CallArguments(JSON.stringify(values)), ...(access === undefined ? {} : { access }) };
    return decideUnderCeiling(policy, { agent, ceiling }, server, tool, 'tool', facts).effect;
  });
}

describe('decisions about calls', () => {
  it(`agree with a naive oracle (${CASES} cases)`, { timeout: TIME_LIMIT_MS }, () => {
    const counts = { allow: 0, ask: 0, deny: 0 };
    const perRules = [...casesOf(Array(10).fill({}))].length;
    fc.assert(
      fc.property(rules, someArgs, (given, all) => {
        const effects = effectsOf(given, all);
        for (const [at, one] of [...casesOf(all)].entries()) {
          const wanted = expected(given, one);
          counts[wanted]++;
          if (effects[at] !== wanted) expect({ ...one, effect: effects[at] }).toEqual({ ...one, effect: wanted });
        }
      }),
      { numRuns: Math.ceil(CASES / perRules) },
    );
    expect(counts.allow + counts.ask + counts.deny).toBeGreaterThanOrEqual(CASES);
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(CASES / 50);
  });

  const change = fc.record({ of: fc.constantFrom('a', 'b'), added: list });

  function withMore(given: PolicyRules, side: Effect, of: string, added: AccessList): PolicyRules {
    const own = given.agents[of] ?? {};
    const before = own[side] ?? {};
    const merged = <T>(
      one: Readonly<Record<string, readonly T[]>> = {},
      other: Readonly<Record<string, readonly T[]>> = {},
    ) =>
      Object.fromEntries(
        [...Object.keys(one), ...Object.keys(other)].map((key) => [key, [...(one[key] ?? []), ...(other[key] ?? [])]]),
      );
    const after: AccessList = {
      servers: [...(before.servers ?? []), ...(added.servers ?? [])],
      tools: merged(before.tools, added.tools),
      access: merged(before.access, added.access),
    };
    return { ...given, agents: { ...given.agents, [of]: { ...own, [side]: after } } };
  }

  it('never get milder by another deny or ask', () => {
    fc.assert(
      fc.property(rules, change, fc.constantFrom('ask', 'deny'), someArgs, (given, { of, added }, side, all) => {
        const before = effectsOf(given, all);
        const after = effectsOf(withMore(given, side, of, added), all);
        for (const [at, effect] of after.entries()) {
          expect(STRICTNESS.indexOf(effect)).toBeGreaterThanOrEqual(STRICTNESS.indexOf(before[at] ?? 'deny'));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('keep every deny and every ask when an allow is added', () => {
    const everything: AgentRules = { allow: { servers: ['*'] } };
    fc.assert(
      fc.property(rules, change, someArgs, (given, { of, added }, all) => {
        // The denies and asks by themselves, about everything.
        const open = Object.fromEntries(
          Object.entries(given.agents).map(([name, own]) => [name, { ...own, ...everything }]),
        );
        const held = effectsOf({ ...given, agents: open }, all);
        const after = effectsOf(withMore(given, 'allow', of, added), all);
        for (const [at, effect] of after.entries()) {
          expect(STRICTNESS.indexOf(effect)).toBeGreaterThanOrEqual(STRICTNESS.indexOf(held[at] ?? 'deny'));
        }
      }),
      { numRuns: 200 },
    );
  });

  it('do not depend on the order of anything in the rules', () => {
    const reversed = (value: unknown): unknown => {
      if (Array.isArray(value)) return value.map(reversed).reverse();
      if (typeof value !== 'object' || value === null || 'holds' in value) return value;
      return Object.fromEntries(
        Object.entries(value)
          .map(([key, member]) => [key, reversed(member)] as const)
          .reverse(),
      );
    };
    fc.assert(
      fc.property(rules, someArgs, (given, all) => {
        expect(effectsOf(reversed(given) as PolicyRules, all)).toEqual(effectsOf(given, all));
      }),
      { numRuns: 200 },
    );
  });
});
