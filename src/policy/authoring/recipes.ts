/** Ready-made rules that can be added to those of an agent. A recipe only ever narrows what the agent may do. Pure. */
import { compilePattern, isLiteralPattern } from '../pattern.ts';
import { parsePattern } from '../pattern-tokens.ts';
import { type Access, type AgentRules, type ToolMap, toolPattern } from '../rules-data.ts';

/** Rules of one agent, or a rule over combinations, which holds for all. */
export type Recipe = {
  /** The end of a sentence that begins with the name. */
  readonly summary: string;
} & (
  | { readonly apply: (rules: AgentRules) => Applied }
  | {
      /** JSON. */
      readonly flow: string;
    }
);

type Applied =
  | {
      readonly kind: 'rules';
      readonly rules: AgentRules;
      /** Patterns that could not be narrowed and are gone. */
      readonly dropped: readonly string[];
    }
  /** The rules have a form that it cannot be added to: a sentence says which. */
  | { readonly kind: 'refused'; readonly why: string };

/** The first words of names whose tools only look. `query`, `run` and `open` may do anything. */
const READING = [
  'count',
  'describe',
  'fetch',
  'find',
  'get',
  'inspect',
  'list',
  'lookup',
  'read',
  'search',
  'show',
  'view',
];

/** `get`, `get_file`, `get-file`, `get.file`, `getFile`; not `getaway`. */
const READ_PATTERNS = READING.flatMap((verb) => [verb, `${verb}[_.A-Z-]*`]);

/** `get_or_create`, `searchAndReplace`: what begins with looking and does not end with it. */
const COMPOUNDS = ['*[_.-]or[_.-]*', '*[_.-]and[_.-]*', '*[_.-]then[_.-]*', '*Or[A-Z]*', '*And[A-Z]*', '*Then[A-Z]*'];

const DELETING = ['delete', 'remove', 'destroy', 'erase', 'purge', 'truncate', 'unlink', 'wipe'];
/** Words that are parts of others: `rm` is in `confirm`, `drop` in `dropbox`. */
const DELETING_WORDS = ['drop', 'rm'];

const DELETE_PATTERNS = [
  ...DELETING.flatMap((verb) => [
    `*${verb}*`,
    `*${verb[0]?.toUpperCase()}${verb.slice(1)}*`,
    `*${verb.toUpperCase()}*`,
  ]),
  ...DELETING_WORDS.flatMap((verb) => [verb, `${verb}[_.A-Z-]*`, `*[_.-]${verb}`, `*[_.-]${verb}[_.-]*`]),
];

export const RECIPES: ReadonlyMap<string, Recipe> = new Map<string, Recipe>([
  [
    'read-only',
    {
      summary: 'only tools whose names begin with a word for looking, such as get, list, read or search',
      apply: readOnly,
    },
  ],
  [
    'no-delete',
    {
      summary: 'no tools whose names say that they delete, remove or drop something',
      apply: (rules) => ({ kind: 'rules', rules: denying(rules, DELETE_PATTERNS), dropped: [] }),
    },
  ],
  [
    'ask-before-write',
    {
      summary: 'a person is asked before a tool does more than read, and before one that does not say what it does',
      apply: (rules) => ({
        kind: 'rules',
        rules: askingAbout(rules, ['write', 'destructive', 'unknown']),
        dropped: [],
      }),
    },
  ],
  [
    'no-exfiltration',
    {
      summary: 'a person is asked before anything goes out after private data and text of strangers were read',
      flow: '{"after": ["private", "untrusted"], "call": "external", "then": "ask"}',
    },
  ],
]);

function readOnly(rules: AgentRules): Applied {
  const tools = rules.allow?.tools ?? {};
  const keys = Object.keys(tools);
  const patternKeys = keys.filter((key) => !isLiteralPattern(key));
  if (patternKeys.length > 0 && !patternKeys.includes('*')) {
    const shown = patternKeys.map((key) => JSON.stringify(key)).join(', ');
    return {
      kind: 'refused',
      why: `allow.tools has ${shown} and no "*": a "*" for the other servers would allow more to those. Write "*": [] into allow.tools first, or name the servers.`,
    };
  }
  const dropped: string[] = [];
  const narrowed = Object.entries(tools).map(([key, patterns]): [string, ToolMap[string]] => [
    key,
    narrow(patterns, dropped),
  ]);
  const rest: [string, ToolMap[string]][] = patternKeys.includes('*') ? [] : [['*', READ_PATTERNS]];
  const allow = { ...rules.allow, tools: record([...narrowed, ...rest]) };
  return { kind: 'rules', rules: denying({ ...rules, allow }, COMPOUNDS), dropped };
}

/** Those of the patterns that match only names which READ_PATTERNS match. */
function narrow(entries: ToolMap[string], dropped: string[]): ToolMap[string] {
  const kept = entries.flatMap((entry): ToolMap[string] => {
    if (entry === '*') return READ_PATTERNS;
    if (isInside(toolPattern(entry))) return [entry];
    dropped.push(toolPattern(entry));
    return [];
  });
  return [...new Set(kept)];
}

const READERS = READ_PATTERNS.map(compilePattern);

function isInside(pattern: string): boolean {
  if (READ_PATTERNS.includes(pattern)) return true;
  const { tokens } = parsePattern(pattern);
  const end = tokens.findIndex((token) => typeof token !== 'number');
  const start = String.fromCodePoint(
    ...tokens.slice(0, end < 0 ? undefined : end).filter((token) => typeof token === 'number'),
  );
  // Whatever follows a beginning that matches with something behind it matches too.
  return end < 0 ? READERS.some((matches) => matches(start)) : BEGINNINGS.test(start);
}

const BEGINNINGS = new RegExp(`^(?:${READING.join('|')})[_.A-Z-]`);

function denying(rules: AgentRules, patterns: readonly string[]): AgentRules {
  const tools = rules.deny?.tools ?? {};
  const everywhere = [...new Set([...(Object.hasOwn(tools, '*') ? (tools['*'] ?? []) : []), ...patterns])];
  const others = Object.entries(tools).filter(([key]) => key !== '*');
  return { ...rules, deny: { ...rules.deny, tools: record([...others, ['*', everywhere]]) } };
}

function askingAbout(rules: AgentRules, levels: readonly Access[]): AgentRules {
  const access = rules.ask?.access ?? {};
  const everywhere = new Set([...(Object.hasOwn(access, '*') ? (access['*'] ?? []) : []), ...levels]);
  const others = Object.entries(access).filter(([key]) => key !== '*');
  return { ...rules, ask: { ...rules.ask, access: record([...others, ['*', [...everywhere]]]) } };
}

/** No prototype: a server may be called `__proto__`. */
function record<T>(entries: readonly (readonly [string, T])[]): Readonly<Record<string, T>> {
  const map: Record<string, T> = Object.create(null);
  for (const [key, value] of entries) map[key] = value;
  return map;
}
