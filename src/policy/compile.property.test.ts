import process from 'node:process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from './compile-rules.ts';
import { decisionOf, type OfferMap } from './rules-data.ts';

/** Rules over names alone. */
interface AccessList {
  readonly servers?: readonly string[];
  readonly tools?: OfferMap;
}
interface AgentRules {
  readonly allow?: AccessList;
  readonly deny?: AccessList;
}
interface PolicyRules {
  readonly agents: Readonly<Record<string, AgentRules>>;
}

const LONG = process.env['LONG'] !== undefined;
const CASES = LONG ? 1_000_000 : 200_000;
const TIME_LIMIT_MS = LONG ? 600_000 : 120_000;

const WORDS = ['a', 'b', 'db', 'db_main', 'db_x', 'a.b', '__proto__', 'constructor', '😀', '[', 'x]', ''];
const PATTERNS = [
  '*',
  'db*',
  '*a*',
  '*_*',
  '?',
  '??',
  '[ab]',
  '[!a]',
  '[!a]*',
  'd[a-c]_*',
  '*[x-z]',
  '*b*',
  '[',
  '😀*',
];

const name = fc.constantFrom(...WORDS);
const pattern = fc.oneof(
  { weight: 3, arbitrary: name },
  { weight: 4, arbitrary: fc.constantFrom(...PATTERNS) },
  {
    weight: 1,
    arbitrary: fc.string({ unit: fc.constantFrom('a', 'b', 'd', '_', '*', '?', '[', ']', '!', '-', '😀') }),
  },
);
const list = fc.array(pattern, { maxLength: 4 });

function record<T>(entries: readonly (readonly [string, T])[]): Record<string, T> {
  const object: Record<string, T> = Object.create(null);
  for (const [key, value] of entries) object[key] = value;
  return object;
}

const access: fc.Arbitrary<AccessList> = fc.record(
  { servers: list, tools: fc.array(fc.tuple(pattern, list), { maxLength: 4 }).map(record) },
  { requiredKeys: [] },
);
const agent: fc.Arbitrary<AgentRules> = fc.record({ allow: access, deny: access }, { requiredKeys: [] });
const rules: fc.Arbitrary<PolicyRules> = fc
  .array(fc.tuple(fc.constantFrom('a', 'b', '__proto__'), agent), { minLength: 1, maxLength: 3 })
  .map((entries) => ({ agents: record(entries) }));

/** "The decision" of docs/rules.md, read out loud; it shares nothing with the code under test. */
function oracle({ agents }: PolicyRules, id: string, server: string, tool: string | undefined): string {
  const entry = Object.entries(agents).find(([key]) => key === id)?.[1];
  if (entry === undefined) return '- unknown_agent';
  const path = `agents.${id}`;
  const deniedBy = first([[undefined, entry.deny?.servers ?? []]], server);
  if (deniedBy !== undefined) return `- ${path}.deny.servers${deniedBy}`;
  const allowedBy = first([[undefined, entry.allow?.servers ?? []]], server);
  if (allowedBy === undefined) return '- default_deny';
  if (tool === undefined) return `+ ${path}.allow.servers${allowedBy}`;

  const denies = Object.entries(entry.deny?.tools ?? {}).filter(([key]) => matchesOracle(key, server));
  const deny = first(literalFirst(denies), tool);
  if (deny !== undefined) return `- ${path}.deny.tools${deny}`;
  const entries = Object.entries(entry.allow?.tools ?? {}).filter(([key]) => matchesOracle(key, server));
  const literal = entries.filter(([key]) => !isPattern(key));
  const allows = literal.length > 0 ? literal : entries;
  if (allows.length === 0) return '+ implicit_grant';
  const allow = first(literalFirst(allows), tool);
  return allow === undefined ? '- default_deny' : `+ ${path}.allow.tools${allow}`;
}

type Lists<Key = string | undefined> = readonly (readonly [Key, readonly string[]])[];

function literalFirst(lists: Lists<string>): Lists {
  return [...lists.filter(([key]) => !isPattern(key)), ...lists.filter(([key]) => isPattern(key))];
}

/** Rest of the path of the first literal, else of the first pattern. */
function first(lists: Lists, wanted: string): string | undefined {
  for (const literals of [true, false]) {
    for (const [key, patterns] of lists) {
      const index = patterns.findIndex((source) => isPattern(source) !== literals && matchesOracle(source, wanted));
      if (index >= 0) return `${keyPath(key)}[${index}]`;
    }
  }
  return undefined;
}

function keyPath(key: string | undefined): string {
  if (key === undefined) return '';
  return key === '' || /[[\]!😀]/u.test(key) ? `["${key}"]` : `.${key}`;
}

const CLASS = /\[(!|(?!!))(\]?[^\]]+|\])\]/u;

function isPattern(source: string): boolean {
  return /[*?]/.test(source) || CLASS.test(source);
}

const expressions = new Map<string, RegExp>();

function matchesOracle(source: string, wanted: string): boolean {
  let expression = expressions.get(source);
  if (expression === undefined) {
    const parts = source.matchAll(new RegExp(`${CLASS.source}|[\\s\\S]`, 'gu'));
    const body = Array.from(parts, (part) => {
      if (part[0] === '*') return '[\\s\\S]*';
      if (part[0] === '?') return '[\\s\\S]';
      if (part[2] === undefined) return escaped(part[0]);
      const inside = classBody(Array.from(part[2]));
      return part[1] === '!' ? `[^${inside}]` : `[${inside}]`;
    });
    expression = new RegExp(`^${body.join('')}$`, 'u');
    expressions.set(source, expression);
  }
  return expression.test(wanted);
}

function classBody(characters: readonly string[]): string {
  const [low, dash, high] = characters;
  if (low === undefined) return '';
  if (dash !== '-' || high === undefined) return escaped(low) + classBody(characters.slice(1));
  const range = (low.codePointAt(0) ?? 0) <= (high.codePointAt(0) ?? 0) ? `${escaped(low)}-${escaped(high)}` : '';
  return range + classBody(characters.slice(3));
}

function escaped(character: string): string {
  return `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;
}

const AGENTS = ['a', 'b', '__proto__', 'constructor'];
const TOOLS = [undefined, ...WORDS];
const PER_RULES = AGENTS.length * WORDS.length * TOOLS.length;

/** Every combination of names that the generator knows. */
function* questions(): Generator<readonly [string, string, string | undefined]> {
  for (const id of AGENTS) for (const server of WORDS) for (const tool of TOOLS) yield [id, server, tool];
}

function permissions(given: PolicyRules): boolean[] {
  const policy = compile(given);
  return Array.from(questions(), ([id, server, tool]) => policy.decide(id, server, tool).allowed);
}

describe('decide', () => {
  it(`agrees with a naive oracle, deciding rule included (${CASES} cases)`, { timeout: TIME_LIMIT_MS }, () => {
    let cases = 0;
    const kinds = new Map<string, number>();
    fc.assert(
      fc.property(rules, (given) => {
        const policy = compile(given);
        for (const [id, server, tool] of questions()) {
          const { allowed, rule } = policy.decide(id, server, tool);
          const decided = `${allowed ? '+' : '-'} ${rule}`;
          if (decided !== oracle(given, id, server, tool)) {
            expect({ id, server, tool, decided }).toEqual({
              id,
              server,
              tool,
              decided: oracle(given, id, server, tool),
            });
          }
          const kind = decided.replace(/^(. agents)\.(?:a|b|__proto__)\.(\w+\.\w+).*$/su, '$1.$2');
          kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
          cases++;
        }
      }),
      { numRuns: Math.ceil(CASES / PER_RULES) },
    );
    expect(cases).toBeGreaterThanOrEqual(CASES);
    // The generator reaches every step of the decision, and none of them rarely.
    expect([...kinds.keys()].sort()).toEqual([
      '+ agents.allow.servers',
      '+ agents.allow.tools',
      '+ implicit_grant',
      '- agents.deny.servers',
      '- agents.deny.tools',
      '- default_deny',
      '- unknown_agent',
    ]);
    expect(Math.min(...kinds.values())).toBeGreaterThan(CASES / 2000);
  });

  const change = fc.record({ id: fc.constantFrom('a', 'b'), part: fc.boolean(), key: pattern, added: pattern });

  function withRule(given: PolicyRules, kind: 'allow' | 'deny', { id, part, key, added }: Change): PolicyRules {
    const entry = given.agents[id] ?? {};
    const before = entry[kind] ?? {};
    const after: AccessList = part
      ? { ...before, servers: [...(before.servers ?? []), added] }
      : { ...before, tools: record([...Object.entries(before.tools ?? {}), [key, [...ofKey(before, key), added]]]) };
    return { agents: record([...Object.entries(given.agents), [id, { ...entry, [kind]: after }]]) };
  }

  function ofKey(before: AccessList, key: string): readonly string[] {
    return Object.entries(before.tools ?? {}).find(([name]) => name === key)?.[1] ?? [];
  }

  type Change = typeof change extends fc.Arbitrary<infer C> ? C : never;

  it('is never widened by another deny', () => {
    fc.assert(
      fc.property(rules, change, (given, added) => {
        const before = permissions(withAgent(given, added.id));
        const after = permissions(withRule(withAgent(given, added.id), 'deny', added));
        expect(after.filter((allowed, index) => allowed && !before[index])).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps every deny when an allow is added', () => {
    fc.assert(
      fc.property(rules, change, (given, added) => {
        const before = compile(given);
        const after = compile(withRule(given, 'allow', added));
        for (const [id, server, tool] of questions()) {
          const denied = before.decide(id, server, tool).rule;
          if (!denied.includes('.deny.')) continue;
          expect(after.decide(id, server, tool)).toEqual(decisionOf('deny', denied));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('does not depend on the order of anything in the rules', () => {
    fc.assert(
      fc.property(rules, fc.integer(), (given, seed) => {
        expect(permissions(shuffled(given, seed))).toEqual(permissions(given));
      }),
      { numRuns: 300 },
    );
  });
});

/** The rules with the agent in them, so that adding a rule does not also add the agent. */
function withAgent(given: PolicyRules, id: string): PolicyRules {
  return Object.hasOwn(given.agents, id) ? given : { agents: record([...Object.entries(given.agents), [id, {}]]) };
}

/** The same rules with lists and keys in an order that the seed chooses. */
function shuffled<T>(value: T, seed: number): T;
function shuffled(value: unknown, seed: number): unknown {
  let state = seed;
  const mixed = (items: unknown[]): unknown[] => {
    const keyed = items.map((item) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
      return { item, weight: state >> 8 };
    });
    return keyed.sort((a, b) => a.weight - b.weight).map(({ item }) => item);
  };
  const walk = (node: unknown): unknown => {
    if (Array.isArray(node)) return mixed(node).map(walk);
    if (typeof node !== 'object' || node === null) return node;
    return record(
      mixed(Object.entries(node))
        .map((entry) => entry as [string, unknown])
        .map(([k, v]) => [k, walk(v)]),
    );
  };
  return walk(value);
}
