/** Virtual servers: what is reached, against an oracle that knows only original names; and every mistake in an entry with its place. */
import fc from 'fast-check';
import { expect, it, test } from 'vitest';
import { compile } from '../../policy/compile-rules.ts';
import { compilePattern } from '../../policy/pattern.ts';
import { withVirtualServers } from '../../policy/virtual-names.ts';
import * as schema from '../file-schemas.ts';
import { parseDocument } from '../json-document.ts';
import * as overrides from '../overrides/read-overrides.ts';
import { type ReadServers, readServers } from '../servers-file.ts';
import * as virtual from './read-virtual.ts';
import { originalTarget } from './virtual-server.ts';
import { virtualWarnings } from './virtual-warnings.ts';

function documentOf(mcpServers: object) {
  const parsed = parseDocument('servers.json', Buffer.from(JSON.stringify({ mcpServers }, null, 1)));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.document;
}

function read(mcpServers: object): ReadServers {
  return readServers(documentOf(mcpServers), { env: {}, schema, mainScript: undefined, overrides, virtual });
}

const SERVERS = ['a', 'b', 'a.b'];
const TOOLS = ['x', 'y', 'b.x', 'xy'];
const name = fc.constantFrom(...TOOLS, 'z');
const pattern = fc.constantFrom(...TOOLS, 'z', '*', 'x*', '?', '[xy]', 'b.*');
const list = fc.record(
  {
    servers: fc.subarray([...SERVERS, 'v', '*']),
    tools: fc.dictionary(fc.constantFrom(...SERVERS, 'v', '*'), fc.array(pattern, { maxLength: 2 })),
    access: fc.dictionary(fc.constantFrom(...SERVERS, 'v'), fc.subarray(['read', 'write', 'unknown'] as const)),
  },
  { requiredKeys: ['servers'] },
);
const rules = fc.record({
  allow: list,
  ask: list,
  deny: fc.record({ tools: fc.dictionary(fc.constantFrom(...SERVERS, 'v', '*'), fc.array(pattern, { maxLength: 1 })) }),
});
const entry = fc.dictionary(name, fc.record({ name, hidden: fc.constant(true) }, { requiredKeys: [] }));

it('what may be reached is what an oracle with original names says', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(...SERVERS), pattern), { minLength: 1, maxLength: 4 }),
      fc.boolean(),
      fc.tuple(entry, entry, entry),
      fc.array(fc.subarray(TOOLS), { minLength: 3, maxLength: 3 }),
      rules,
      fc.constantFrom('read', 'write', 'unknown'),
      (written, prefix, entries, listed, agent, access) => {
        // Of two servers that may be meant, it is the one with the longer name.
        const tools = written.map(([of, tool]) =>
          of === 'a' && tool.startsWith('b.') ? ['a.b', tool.slice(2)] : [of, tool],
        );
        const real = Object.fromEntries(SERVERS.map((one, at) => [one, { command: 'node', tools: entries[at] }]));
        const v = { virtual: { tools: tools.map((pair) => pair.join('.')), ...(prefix ? { prefix } : {}) } };
        const { servers, virtual: found } = read({ v, ...real });
        fc.pre(found.has('v') && servers.size === SERVERS.length);
        const policy = compile({ agents: { me: agent } });
        const combined = withVirtualServers(policy, found);
        const facts = { access };
        /** From original names to what may be done: those of the file decide alone, as far as both names do. */
        const oracle = new Map<string, string>();
        for (const [at, server] of SERVERS.entries()) {
          const own = servers.get(server)?.overrides;
          for (const original of listed[at] ?? []) {
            const form = own?.shown('tools', original, JSON.stringify({ name: original }));
            if (form === 'hidden') continue;
            const { name: known } = JSON.parse(form?.raw ?? JSON.stringify({ name: original })) as { name: string };
            const shown = prefix ? `${server}_${known}` : known;
            const fits = tools.filter(([of, tool = '']) => of === server && compilePattern(tool)(known));
            const isTaken = tools.some(([of, tool]) => !prefix && of !== server && tool === known);
            if (fits.length === 0 || (isTaken && !fits.some(([, tool]) => tool === known))) continue;
            const effects = [
              policy.decide('me', server, known, 'tool', facts),
              policy.decide('me', 'v', shown, 'tool', facts),
            ];
            const words = effects.map(({ effect }) => effect);
            const word = words.includes('deny') ? 'deny' : words.includes('ask') ? 'ask' : 'allow';
            expect(oracle.has(shown)).toBe(false);
            oracle.set(shown, `${server} ${original} ${word}`);
            expect(combined.decide('me', server, known, 'tool', facts)).toEqual(effects[0]);
          }
        }
        const reached = new Map<string, string>();
        for (const shown of [...TOOLS, 'z'].flatMap((tool) => [
          tool,
          ...SERVERS.map((server) => `${server}_${tool}`),
        ])) {
          const target = originalTarget(found, { server: 'v', name: shown });
          const own = servers.get(target.server)?.overrides;
          const original = own === undefined ? target.name : own.originalOf('tool', target.name ?? '');
          const isListed = listed[SERVERS.indexOf(target.server)]?.includes(original ?? '') === true;
          // The list of a server does not show what another one took the name of.
          const form = isListed ? own?.shown('tools', original ?? '', '{"name":"n"}') : 'hidden';
          if (form === 'hidden') continue;
          const { effect } = combined.decide('me', 'v', shown, 'tool', facts);
          reached.set(shown, `${target.server} ${original} ${effect}`);
        }
        expect(reached).toEqual(oracle);
      },
    ),
    { numRuns: 100 },
  );
});

const NODE = { command: 'node' };
const group = (...tools: unknown[]): object => ({ virtual: { tools } });

test.each([
  ['no tools', group(), '"virtual.tools" has no tools', 'Name at least one'],
  ['no list', { virtual: {} }, '"virtual.tools" is missing', 'Add it'],
  [
    'a mistyped key',
    { virtual: { tool: ['a.x'], tools: ['a.x'] } },
    '"virtual.tool" is not a known key',
    'Did you mean "tools"?',
  ],
  ['no server', group('x'), '"virtual.tools[0]" names no tool of a server', 'Write SERVER.TOOL'],
  ['an unknown server', group('githb.x'), 'is of server "githb", which is not in this file', 'Did you mean "github"?'],
  ['itself', group('v.x'), 'is of this entry itself', 'Name tools of other servers'],
  ['a virtual one', group('w.x'), 'is of "w", which has no tools of its own', 'Name the tools that "w" names'],
  [
    'two names',
    group('a.x', 'github.x'),
    '"virtual.tools[1]" may have the same name as a tool of "a.x"',
    '"prefix": true',
  ],
  ['two patterns', group('a.x*', 'github.*y'), 'may have the same name as a tool of "a.x*"', '"prefix": true'],
  ['a program', { ...group('a.x'), command: 'node' }, '"command" cannot stand beside "virtual"', 'Keep one'],
])('%s: is told with its place, and the entry is off', (_what, v, says, fix) => {
  const { problems, broken, virtual: found } = read({ a: NODE, github: NODE, w: group('a.x'), v });
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({ severity: 'error', serverOff: true });
  expect(problems[0]?.message).toContain(says);
  expect(problems[0]?.fix).toContain(fix);
  expect(problems[0]?.line).toBeGreaterThan(9);
  expect([...broken.keys()]).toEqual(['v']);
  expect([...found.keys()]).toEqual(['w']);
});

test('a tool that is named comes before a pattern, servers that are off are a warning, and prefixes tell names apart', () => {
  const { virtual: found, problems } = read({
    a: NODE,
    b: { ...NODE, disabled: true },
    v: group('a.x', 'b.*'),
    w: { virtual: { tools: ['a.*', 'b.*'], prefix: true }, description: 'both', cache: {} },
    off: { ...group('none.x'), disabled: true },
  });
  expect(problems.map(({ message }) => message)).toEqual([
    expect.stringContaining('"b", which is switched off'),
    expect.stringContaining('"cache" has no effect beside "virtual"'),
    expect.stringContaining('"b", which is switched off'),
  ]);
  expect(found.get('v')?.originalOf('x')).toEqual({ server: 'a', name: 'x' });
  expect(found.get('v')?.originalOf('y')).toEqual({ server: 'b', name: 'y' });
  expect(found.get('w')?.originalOf('a_y')).toEqual({ server: 'a', name: 'y' });
  expect(found.get('w')?.originalOf('y')).toBeUndefined();
});

test('what servers do not have is a warning with the nearest name, where their lists are known', () => {
  const servers = { a: NODE, b: NODE, v: group('a.serch', 'a.no*', 'b.f*', 'a.find') };
  const known = new Map([
    [
      'a',
      new Map([
        ['search', 1],
        ['find', 1],
      ]),
    ],
    ['b', new Map([['find', 1]])],
  ]);
  const found = virtualWarnings(documentOf(servers), read(servers).virtual, known);
  expect(found.map(({ message, fix }) => `${message} - ${fix}`)).toEqual([
    'Server "v": "virtual.tools[0]" names no tool that server "a" shows agents - Did you mean "a.search"?',
    'Server "v": "virtual.tools[1]" fits no tool that server "a" shows agents - Correct the pattern, or keep it for tools that come',
    'Server "v": "virtual.tools[2]" does not reach the tool "find": that name leads to one of server "a" - Give one of them another name in the entry of its server, or write "prefix": true',
  ]);
});
