import { describe, expect, it } from 'vitest';
import { createChecker } from './argument-checker.ts';
import { didYouMean, nearestNames } from './name-suggestions.ts';
import type { ToolEntry } from './tool-entry.ts';
import { readToolsPage } from './tool-entry.ts';

function entryOf(inputSchema: unknown): ToolEntry {
  const [entry] = readToolsPage(JSON.stringify({ tools: [{ name: 't', inputSchema }] }), false)?.tools ?? [];
  if (entry === undefined) throw new Error('No entry.');
  return entry;
}

function setup(when: 'before' | 'after') {
  const warnings: object[] = [];
  const log = { debug() {}, info() {}, warn: (fields: object) => void warnings.push(fields) };
  const checker = createChecker(log);
  return {
    warnings,
    problems: (schema: unknown, args: unknown) =>
      checker.problems({ server: 's', entry: entryOf(schema), args: JSON.stringify(args), owner: 'me' }, when),
  };
}

describe.each(['before', 'after'] as const)('a check of arguments %s the call', (when) => {
  it('names path and expectation', async () => {
    const { problems } = setup(when);
    const schema = {
      type: 'object',
      properties: {
        a: { type: 'object', properties: { n: { type: 'integer', minimum: 1 } } },
        pattern: { type: 'string' },
      },
      required: ['a'],
      additionalProperties: false,
    };
    expect(await problems(schema, { a: { n: 0 } })).toEqual(['/a/n must be >= 1']);
    expect(await problems(schema, {})).toEqual(["arguments must have required property 'a'"]);
    expect(await problems(schema, { a: {}, b: 1 })).toEqual(['arguments must NOT have additional properties ("b")']);
    expect(await problems(schema, { a: {}, pattern: 'a parameter of that name' })).toEqual([]);
  });

  it('never runs a pattern of a server', async () => {
    const { problems } = setup(when);
    const evil = `${'a'.repeat(60)}!`;
    const schema = {
      type: 'object',
      properties: { a: { type: 'string', pattern: '^(a+)+$' } },
      patternProperties: { '^(b+)+$': { type: 'string' } },
      additionalProperties: false,
    };
    expect(await problems(schema, { a: evil, ['b'.repeat(60)]: 1 })).toEqual([]);
  });

  it.each([
    ['does not compile', { type: 'nothing' }],
    ['refers to another document', { properties: { a: { $ref: 'https://example.com/a.json' } } }],
    [
      'refers to itself',
      { $ref: '#/$defs/a', $defs: { a: { anyOf: [{ $ref: '#/$defs/a' }, { $ref: '#/$defs/a' }] } } },
    ],
    [
      'grows without end',
      {
        $ref: '#/$defs/d0',
        $defs: Object.fromEntries(
          Array.from({ length: 40 }, (_, at) => [
            `d${at}`,
            { allOf: [{ $ref: `#/$defs/d${at + 1}` }, { $ref: `#/$defs/d${at + 1}` }] },
          ]).concat([['d40', { type: 'string' }]] as never),
        ),
      },
    ],
  ])('is switched off for a schema that %s, with one warning', async (_what, schema) => {
    const { problems, warnings } = setup(when);
    expect(await problems(schema, { a: 1 })).toEqual([]);
    expect(warnings).toMatchObject([{ server: 's', tool: 't' }]);
  });
});

describe('the nearest names', () => {
  const names = ['create_issue', 'list_issues', 'get_file', 'delete_file'];
  it.each([
    ['creat_issue', ['create_issue']],
    ['issue_create', ['create_issue']],
    ['CreateIssue', ['create_issue']],
    ['file_get', ['get_file', 'delete_file']],
    ['weather', []],
    ['fetch', []],
    ['x'.repeat(500), []],
  ])('%s -> %j', (mistyped, expected) => {
    expect(nearestNames(mistyped, names)).toEqual(expected);
  });

  it('are few slips away, for short names too', () => {
    expect(nearestNames('serv', ['serve', 'audit', 'servers', 'demo', 'connect'])).toEqual(['serve']);
  });

  it('are said in a sentence', () => {
    expect(didYouMean('creat_issue', names)).toBe(" Did you mean 'create_issue'?");
    expect(didYouMean('nothing_like_it_at_all', names)).toBe('');
  });
});
