import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compile } from '../compile-rules.ts';
import { learnRules, type Use } from './learned-rules.ts';
import { agentRules, everyQuestion, KINDS, NAMES, SERVERS } from './testing.ts';

const use = (server: string, name?: string, more: Partial<Use> = {}): Use => ({
  server,
  name,
  kind: 'tool',
  allowed: 1,
  missed: 0,
  ...more,
});

const uses = fc.uniqueArray(
  fc.record({
    server: fc.constantFrom<string>(...SERVERS, '', 'x'.repeat(300)),
    name: fc.option(fc.constantFrom<string>(...NAMES, '', 'y'.repeat(257)), { nil: undefined }),
    kind: fc.constantFrom(...KINDS),
    allowed: fc.nat({ max: 5 }),
    missed: fc.nat({ max: 2 }),
  }),
  {
    selector: ({ server, name, kind }) => JSON.stringify([server, name, name === undefined ? '' : kind]),
    maxLength: 20,
  },
);

describe('learnRules', () => {
  it('allows by name what was used, and nothing else', () => {
    const { allow } = learnRules({ allow: { servers: ['*'] } }, [
      use('files', 'read_file'),
      use('files', 'list'),
      use('db'),
      use('files', 'summary', { kind: 'prompt' }),
    ]);
    expect(JSON.parse(JSON.stringify(allow))).toEqual({
      servers: ['db', 'files'],
      tools: { db: [], files: ['list', 'read_file'] },
      prompts: { '*': [], files: ['summary'] },
      resources: { '*': [] },
      skills: { '*': [] },
    });
  });

  it('allows the skills of which files were read, and the file of a skill that was got', () => {
    const policy = (...uses: Parameters<typeof use>[]) =>
      compile({
        agents: {
          one: {
            allow: learnRules(
              {},
              uses.map((one) => use(...one)),
            ).allow,
          },
        },
      });
    const read = policy(['files', 'skill://a/b/references/x.md', { kind: 'resource' }]);
    expect(read.judge('one', 'files', 'skill://a/b/references/x.md', 'resource').allowed).toBe(true);
    expect(read.judge('one', 'files', 'skill://a/b/references/y.md', 'resource').allowed).toBe(false);
    const got = policy(['files', 'skill://a/SKILL.md', { kind: 'skill' }]);
    expect(got.judge('one', 'files', 'skill://a/SKILL.md', 'skill').allowed).toBe(true);
    expect(got.judge('one', 'files', 'skill://a/SKILL.md', 'resource').allowed).toBe(true);
    expect(got.judge('one', 'files', 'skill://b/SKILL.md', 'skill').allowed).toBe(false);
  });

  it('says why something is in no rule', () => {
    const { learned, leftOut } = learnRules(
      { deny: { tools: { '*': ['drop_*'] }, servers: ['mail'] } },
      [
        use('db', 'drop_table', { allowed: 9 }),
        use('mail', 'send', { allowed: 9 }),
        use('db', 'query', { allowed: 2 }),
        use('db', 'ghost', { allowed: 3, missed: 3 }),
        use('db', 'x'.repeat(257), { allowed: 3 }),
        use('db', 'refused', { allowed: 0 }),
        use('db', 'read', { allowed: 3 }),
      ],
      3,
    );
    expect(learned.map(({ name }) => name)).toEqual(['read']);
    expect(leftOut.map(({ use: { name }, reason }) => [name?.slice(0, 10), reason])).toEqual([
      ['query', { kind: 'seldom' }],
      ['ghost', { kind: 'missed' }],
      ['xxxxxxxxxx', { kind: 'unwritable' }],
      ['drop_table', { kind: 'denied', rule: 'deny.tools.*[0]' }],
      ['send', { kind: 'denied', rule: 'deny.servers[0]' }],
    ]);
  });

  it('property: every learned use is allowed, and of all else only what is needed for that: its server', () => {
    fc.assert(
      fc.property(agentRules, uses, fc.integer({ min: 1, max: 3 }), (rules, given, minUses) => {
        const { allow, learned, leftOut } = learnRules(rules, given, minUses);
        expect(learned.length + leftOut.length).toBe(given.filter(({ allowed }) => allowed > 0).length);
        const { deny } = rules;
        const policy = compile({ agents: { one: { allow, ...(deny === undefined ? {} : { deny }) } } });
        for (const { server, name, kind } of learned)
          expect(policy.judge('one', server, name, kind).allowed).toBe(true);
        for (const { server, name, kind } of everyQuestion(['one'])) {
          const wanted = learned.some(
            (known) =>
              known.server === server &&
              (name === undefined ||
                // A skill is read as a resource.
                (known.name === name && (known.kind === kind || (known.kind === 'skill' && kind === 'resource')))),
          );
          expect(policy.judge('one', server, name, kind).allowed, JSON.stringify([server, name, kind])).toBe(wanted);
        }
        // Nothing that deny says is lost, and learning again changes nothing.
        expect(learnRules({ ...rules, allow }, given, minUses).allow).toEqual(allow);
      }),
      { numRuns: 500 },
    );
  });
});
