/** How what a server offers appears to agents: names against an oracle that knows only original ones, and arguments that nobody can change. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import * as schema from '../file-schemas.ts';
import { parseDocument } from '../json-document.ts';
import { readServers } from '../servers-file.ts';
import type { Problem } from '../snapshot.ts';
import type { Overrides } from './overrides.ts';
import * as overrides from './read-overrides.ts';

const ENV = { REGION: 'eu', 'secret:KEY': 'hush' };

function read(entry: object): { readonly overrides: Overrides | undefined; readonly problems: readonly Problem[] } {
  const text = JSON.stringify({ mcpServers: { s: { command: 'node', ...entry } } }, null, 1);
  const parsed = parseDocument('servers.json', Buffer.from(text));
  if (!parsed.ok) throw new Error(text);
  const { servers, problems } = readServers(parsed.document, { env: ENV, schema, mainScript: undefined, overrides });
  return { overrides: servers.get('s')?.overrides, problems };
}

function of(entry: object): Overrides {
  const { overrides: found, problems } = read(entry);
  if (found === undefined) throw new Error(JSON.stringify(problems));
  return found;
}

const fixed = (args: object): Overrides => of({ tools: { t: { arguments: args } } });
const put = (from: Overrides, args: unknown, who = 'ana'): unknown =>
  JSON.parse(from.put('tool', 't', JSON.stringify(args), who)) as unknown;

describe('arguments', () => {
  test('are put in where they belong, with the variables of their values', () => {
    const all = fixed({
      '/repo': { fixed: 'acme/web' },
      '/options/who': { fixed: `$\{principal} of $\{REGION}` },
      '/options/key': { fixed: { token: `$\{secret:KEY}` } },
      '/page': { default: 1 },
    });
    const options = { who: 'an"a of eu', key: { token: 'hush' }, x: 1 };
    expect(put(all, { options: { x: 1 }, q: 2 }, 'an"a')).toEqual({ options, q: 2, repo: 'acme/web', page: 1 });
    expect(put(all, { page: 7 })).toMatchObject({ page: 7 });
    expect(all.put('tool', 't', '{"n":1e400,"big":12345678901234567890}', 'a')).toContain('"big":12345678901234567890');
  });

  test.each([
    { repo: 'mine' },
    { Repo: 'mine' },
    { REPO: null },
    { 're-po': 'mine' },
    { '/repo': 'mine' },
    { 'repo[0]': 'mine' },
    { 'Repo.name': 'mine' },
    { 'options[who][name]': 'mine' },
    { 'options.who.name': 'mine' },
    { 'r\u200bepo': 'mine' },
    { 'rep\u00f6': 'mine' },
    { options: '{"who":"me"}' },
    { options: ['me'] },
    { Options: {} },
    { options: { Who: 'me' } },
    { 'options.who': 'me' },
    { 'options[who]': 'me' },
  ])('that are fixed cannot be given as %j', (args) => {
    const all = fixed({ '/repo': { fixed: 'acme/web' }, '/options/who': { fixed: 'x' } });
    expect(() => put(all, args)).toThrow('cannot be given');
  });

  test('that are hidden cannot be given, and have no value', () => {
    const all = fixed({ '/debug': { hidden: true } });
    expect(put(all, { other: 1 })).toEqual({ other: 1 });
    expect(() => put(all, { Debug: true })).toThrow('cannot be given');
    // `Object.assign({}, args).debug` would be true.
    expect(() => put(all, JSON.parse('{"__proto__":{"debug":true}}'))).toThrow('cannot be given');
    expect(put(all, JSON.parse('{"__proto__":{"other":1}}'))).toEqual(JSON.parse('{"__proto__":{"other":1}}'));
  });

  /** Ways in which programs find a member: as it is, without regard to case, to signs, and to how nesting is written. */
  const plain = (name: string): string => name.toLowerCase().replace(/[^a-z]/g, '');
  const READERS: readonly ((args: Record<string, unknown>, path: readonly string[]) => unknown[])[] = [
    (args, path) => [path.reduce<unknown>((value, token) => (value as Record<string, unknown>)?.[token], args)],
    (args, path) => all(args, path, (key, token) => key.toLowerCase() === token.toLowerCase()),
    (args, path) => all(args, path, (key, token) => plain(key) === plain(token)),
    (args, path) => [
      ...all(args, path, (key, token) => key === token),
      ...Object.entries(args).flatMap(([key, value]) =>
        /[.[/]/.test(key) && plain(key) === plain(path.join('')) ? [value] : [],
      ),
    ],
  ];
  function all(value: unknown, path: readonly string[], fits: (key: string, token: string) => boolean): unknown[] {
    const [token = '', ...rest] = path;
    const from = typeof value === 'string' ? parsed(value) : value;
    if (path.length === 0) return [value];
    if (typeof from !== 'object' || from === null) return [];
    return Object.entries(from).flatMap(([key, inner]) => (fits(key, token) ? all(inner, rest, fits) : []));
  }
  const parsed = (text: string): unknown => {
    try {
      return JSON.parse(text) as unknown;
    } catch {
      return text;
    }
  };

  const spelled = fc
    .tuple(fc.constantFrom('repo', 'options', 'who', 'options.who', 'options[who]', 'other'), fc.nat(5))
    .map(
      ([name, how]) => [name, name.toUpperCase(), `/${name}`, `${name}_`, name.replace('o', 'O'), name][how] ?? name,
    );
  const value = fc.letrec<{ any: unknown }>((tie) => ({
    any: fc.oneof(
      { depthSize: 'small' },
      fc.constantFrom('evil', 1, null),
      fc.dictionary(spelled, tie('any'), { maxKeys: 3 }),
      fc.dictionary(spelled, tie('any'), { maxKeys: 2 }).map((inner) => JSON.stringify(inner)),
      fc.array(tie('any'), { maxLength: 2 }),
    ),
  })).any;

  it('no spelling of the arguments changes a fixed one, for any reader', () => {
    const paths = [['repo'], ['options', 'who']];
    const rules = fixed({ '/repo': { fixed: 'acme' }, '/options/who': { fixed: 'acme' } });
    fc.assert(
      fc.property(fc.dictionary(spelled, value, { maxKeys: 4 }), (given) => {
        let sent: Record<string, unknown>;
        try {
          sent = put(rules, given) as Record<string, unknown>;
        } catch {
          return;
        }
        for (const path of paths) {
          for (const reader of READERS) expect(new Set(reader(sent, path))).toEqual(new Set(['acme']));
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('leave no trace in the schema, wherever it speaks of them', () => {
    const all = fixed({ '/repo': { fixed: 1 }, '/o/who': { hidden: true }, '/page': { default: 2, description: 'P' } });
    const o = { type: 'object', properties: { who: {}, x: {} }, required: ['who', 'x'] };
    const raw = JSON.stringify({
      name: 't',
      inputSchema: {
        $defs: { o },
        type: 'object',
        properties: { repo: {}, o: { $ref: '#/$defs/o' }, page: { type: 'integer' }, other: { $ref: '#/$defs/o' } },
        required: ['repo', 'page'],
        anyOf: [{ properties: { repo: { const: 1 } }, required: ['repo', 'other'] }, { required: ['page', 'repo'] }],
      },
    });
    const shown = all.shown('tools', 't', raw);
    if (typeof shown !== 'object') throw new Error('not shown');
    expect(JSON.parse(shown.raw)).toEqual({
      name: 't',
      inputSchema: {
        $defs: { o },
        type: 'object',
        properties: {
          o: { type: 'object', properties: { x: {} }, required: ['x'] },
          page: { type: 'integer', description: 'P', default: 2 },
          other: { $ref: '#/$defs/o' },
        },
        anyOf: [{ properties: {}, required: ['other'] }, {}],
      },
    });
  });

  test('a value with a variable is not shown as the default', () => {
    const all = fixed({ '/key': { default: `$\{secret:KEY}` } });
    const shown = all.shown('tools', 't', '{"name":"t","inputSchema":{"type":"object","properties":{"key":{}}}}');
    expect(JSON.stringify(shown)).not.toContain('hush');
  });
});

describe('names', () => {
  const NAMES = ['a', 'b', 'c', 'd'];
  const item = fc.record({ name: fc.constantFrom(...NAMES, 'e'), hidden: fc.constant(true) }, { requiredKeys: [] });

  it('what is reached under a name is what an oracle with original names says', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...NAMES), item), fc.subarray(NAMES), (tools, listed) => {
        const { overrides: found, problems } = read({ tools });
        // Two that agents could see have one name.
        if (problems.some(({ severity }) => severity === 'error')) return;
        const taken = new Set(
          Object.entries(tools).flatMap(([key, { name = key, hidden }]) => (name === key || hidden ? [] : [name])),
        );
        /** From what the server has to what agents call it. */
        const oracle = new Map(
          listed.flatMap((key) => {
            const { hidden, name = key } = tools[key] ?? {};
            const isLost = name === key && tools[key] === undefined && taken.has(key);
            return hidden === true || isLost ? [] : [[name, key] as const];
          }),
        );
        const shown = new Map(
          listed.flatMap((key) => {
            const form = found?.shown('tools', key, JSON.stringify({ name: key }));
            if (form === 'hidden') return [];
            return [[(JSON.parse(form?.raw ?? JSON.stringify({ name: key })) as { name: string }).name, key] as const];
          }),
        );
        expect(shown).toEqual(oracle);
        for (const name of [...NAMES, 'e']) {
          const key = found === undefined ? name : found.originalOf('tool', name);
          // A name leads to what it stands for in the list, and nowhere else.
          if (oracle.has(name)) expect(key).toBe(oracle.get(name));
          else if (key !== undefined) expect(listed.includes(key) && [...oracle.values()].includes(key)).toBe(false);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('a digest is over what agents see, what the server says, and what the entry says', () => {
    const one = of({ tools: { t: { description: 'A' } } }).shown('tools', 't', '{"name":"t","description":"x"}');
    const other = of({ tools: { t: { description: 'A' } } }).shown('tools', 't', '{"name":"t","description":"y"}');
    expect(typeof one === 'object' && typeof other === 'object' && one.raw === other.raw).toBe(true);
    expect(one).not.toEqual(other);
  });
});

describe('prompts and resources', () => {
  const all = of({
    prompts: {
      greet: { name: 'hello', arguments: { '/to': { fixed: `$\{principal}` }, '/style': { default: 'short' } } },
    },
    resources: { 'file:///a': { hidden: true }, 'file:///b': { name: 'Bee' } },
  });

  test('a prompt has another name and other arguments', () => {
    const list = [{ name: 'to', required: true }, { name: 'style', required: true }, { name: 'x' }];
    const shown = all.shown('prompts', 'greet', JSON.stringify({ name: 'greet', arguments: list }));
    expect(typeof shown === 'object' && JSON.parse(shown.raw)).toEqual({
      name: 'hello',
      arguments: [{ name: 'style', required: false }, { name: 'x' }],
    });
    expect(all.originalOf('prompt', 'hello')).toBe('greet');
    expect(all.originalOf('prompt', 'greet')).toBeUndefined();
    expect(all.put('prompt', 'hello', '{}', 'ana')).toBe('{"arguments":{"to":"ana","style":"short"}}');
    expect(() => all.put('prompt', 'hello', '{"arguments":{"TO":"x"}}', 'ana')).toThrow('cannot be given');
    expect(all.hidesArgument('hello', 'to')).toBe(true);
  });

  test('a resource is hidden, or has another name for people', () => {
    expect(all.originalOf('resource', 'file:///a')).toBeUndefined();
    expect(all.originalOf('resource', 'file:///b')).toBe('file:///b');
    expect(all.shown('resources', 'file:///b', '{"uri":"file:///b","name":"b"}')).toMatchObject({
      raw: '{"uri":"file:///b","name":"Bee"}',
    });
  });
});

test.each([
  ['a name that no tool may have', { tools: { t: { name: 'a b' } } }, '"tools.t.name" is no name of a tool'],
  ['two with one name', { tools: { t: { name: 'u' }, u: { title: 'U' } } }, 'is also the name of "u"'],
  ['two renamed to one', { tools: { t: { name: 'x' }, u: { name: 'x' } } }, 'is also the name of "t"'],
  ['a mistyped member', { tools: { t: { descripton: 'x' } } }, 'is not a known key'],
  ['no pointer', { tools: { t: { arguments: { repo: { fixed: 1 } } } } }, 'does not point to an argument'],
  ['two values', { tools: { t: { arguments: { '/r': { fixed: 1, default: 2 } } } } }, 'cannot count beside "fixed"'],
  [
    'a part of a fixed one',
    { tools: { t: { arguments: { '/o': { fixed: {} }, '/o/p': { default: 1 } } } } },
    'is inside of "/o"',
  ],
  ['no secret', { tools: { t: { arguments: { '/r': { fixed: `$\{secret:NONE}` } } } } }, 'needs the secret NONE'],
  [
    'a prompt that takes a number',
    { prompts: { p: { arguments: { '/r': { fixed: 1 } } } } },
    'must be a string in quotes',
  ],
  ['a list, as other clients have it', { tools: ['*'] }, 'is no object, and has no effect'],
])('%s: is told with its place', (_what, entry, says) => {
  const { problems } = read(entry);
  expect(problems).toHaveLength(1);
  expect(problems[0]?.message).toContain(says);
  expect(problems[0]?.line).toBeGreaterThan(3);
});

test('what the server does not have is told with the nearest name', () => {
  const cache = { ttl_ms: 1 };
  const tools = { creat: { name: 'x' }, add: { arguments: { '/aa': { fixed: 1 } }, cache }, look: { cache } };
  const all = of({ tools });
  const schemaOf = { type: 'object', properties: { a1: {} }, additionalProperties: false };
  const listed = new Map([
    ['create', '{"name":"create"}'],
    ['add', JSON.stringify({ inputSchema: schemaOf })],
    ['look', '{"annotations":{"readOnlyHint":true}}'],
  ]);
  expect(all.unknown('tools', listed).map(({ path, fix }) => [path.join(' '), fix])).toEqual([
    ['tools creat', 'Did you mean "create"?'],
    ['tools add arguments /aa', 'Did you mean "a1"?'],
    ['tools add cache', expect.stringContaining('readOnlyHint')],
  ]);
});
