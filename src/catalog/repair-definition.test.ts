import {
  ListPromptsResultSchema,
  ListResourcesResultSchema,
  ListResourceTemplatesResultSchema,
  ListToolsResultSchema,
} from '@modelcontextprotocol/sdk/types.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mend } from './repair-definition.ts';

const SCHEMAS = {
  tools: (entry: unknown) => ListToolsResultSchema.safeParse({ tools: [entry] }),
  prompts: (entry: unknown) => ListPromptsResultSchema.safeParse({ prompts: [entry] }),
  resources: (entry: unknown) => ListResourcesResultSchema.safeParse({ resources: [entry] }),
  templates: (entry: unknown) => ListResourceTemplatesResultSchema.safeParse({ resourceTemplates: [entry] }),
};
const KEYS = { tools: 'name', prompts: 'name', resources: 'uri', templates: 'uriTemplate' } as const;
type List = keyof typeof SCHEMAS;

const mended = (raw: string, list: List = 'tools'): string => {
  const result = mend(raw, list);
  return 'flaw' in result ? `flaw: ${result.flaw}` : result.text;
};

it.each([
  ['{"name":"a","description":5,"inputSchema":{"type":"object"}}', '{"name":"a","inputSchema":{"type":"object"}}'],
  ['{"name":"a"}', '{"name":"a","inputSchema":{"type":"object"}}'],
  [
    '{"name":"a","inputSchema":{"properties":{"n":1e3}}}',
    '{"name":"a","inputSchema":{"properties":{},"type":"object"}}',
  ],
  ['{"name":"a","inputSchema":[]}', '{"name":"a","inputSchema":{"type":"object"}}'],
  [
    '{"name":"a","inputSchema":{"type":"object","properties":[]}}',
    '{"name":"a","inputSchema":{"type":"object","properties":{}}}',
  ],
  [
    '{"name":"a","inputSchema":{"type":["object","null"],"properties":{"x":true,"y":false}}}',
    '{"name":"a","inputSchema":{"type":"object","properties":{"x":{},"y":{"not":{}}}}}',
  ],
  ['{"name":"a","inputSchema":{"type":"string"}}', 'flaw: its inputSchema is no schema of an object'],
  ['{"name":"a","inputSchema":"{}"}', 'flaw: its inputSchema is no schema of an object'],
  [
    '{"name":"a","inputSchema":{"type":"object"},"outputSchema":{"type":"array"},"annotations":{"readOnlyHint":"yes","title":"A"}}',
    '{"name":"a","inputSchema":{"type":"object"},"annotations":{"title":"A"}}',
  ],
])('%s becomes %s', (raw, expected) => {
  expect(mended(raw)).toBe(expected);
});

it('what is right stays the text that it is', () => {
  const raw =
    '{ "name":"a", "x":1.0e2,\n"inputSchema":{"type":"object","properties":{"n":{"maximum":1.50}}},"annotations":{"readOnlyHint":true,"custom":1e400}}';
  expect(mended(raw)).toBe(raw);
});

it('the size of a resource is an integer: Python refuses others', () => {
  expect(mended('{"uri":"a:b","name":"b","size":1.5}', 'resources')).toBe('{"uri":"a:b","name":"b"}');
});

it('an output schema that does not compile is left out, and a tool with a number that clients cannot read', () => {
  const rest = '{"name":"a","inputSchema":{"type":"object"}';
  const pattern = '{"type":"object","properties":{"day":{"type":"string","pattern":"(?i)x"}}}';
  expect(mended(`${rest},"outputSchema":${pattern}}`)).toBe(`${rest}}`);
  expect(mended(`${rest},"outputSchema":{"type":"object","maximum":1e400}}`)).toBe(`${rest}}`);
  expect(mended('{"name":"a","inputSchema":{"type":"object","properties":{"n":{"maximum":1e400}}}}')).toMatch(/^flaw/);
});

it('a resource without a name is called by its URI', () => {
  expect(mended('{"uri":"a:b"}', 'resources')).toBe('{"uri":"a:b","name":"a:b"}');
  expect(mended('{"uriTemplate":"a:{b}","name":7}', 'templates')).toBe('{"uriTemplate":"a:{b}","name":"a:{b}"}');
});

const MEMBERS = {
  tools: ['title', 'description', 'icons', '_meta', 'inputSchema', 'outputSchema', 'annotations', 'execution'],
  prompts: ['title', 'description', 'icons', '_meta', 'arguments'],
  resources: ['name', 'title', 'description', 'icons', '_meta', 'mimeType', 'size', 'annotations'],
  templates: ['name', 'title', 'description', 'icons', '_meta', 'mimeType', 'annotations'],
} as const;
const INNER = [
  'type',
  'properties',
  'required',
  'title',
  'readOnlyHint',
  'audience',
  'priority',
  'lastModified',
  'src',
  'sizes',
  'theme',
  'name',
  'description',
  'taskSupport',
  '$schema',
];
const leaf = fc.oneof(
  fc.constantFrom<unknown>(
    'object',
    'array',
    ['object'],
    [],
    {},
    'light',
    'user',
    'optional',
    '2025-01-01T00:00:00Z',
    '2025',
    0.5,
  ),
  fc.jsonValue({ maxDepth: 1 }),
);
const node = fc.dictionary(
  fc.constantFrom(...INNER),
  fc.oneof(leaf, fc.array(leaf, { maxLength: 2 }), fc.dictionary(fc.constantFrom(...INNER), leaf, { maxKeys: 3 })),
  { maxKeys: 4 },
);
const value = fc.oneof(leaf, node, fc.array(fc.oneof(leaf, node), { maxLength: 3 }));

describe.each(Object.keys(MEMBERS) as List[])('%s', (list) => {
  it('whatever a server writes, official clients take what comes of it', () => {
    const definition = fc.dictionary(fc.constantFrom(...MEMBERS[list]), value);
    fc.assert(
      fc.property(definition, (members) => {
        const result = mend(JSON.stringify({ [KEYS[list]]: 'a:b', ...members }), list);
        if ('flaw' in result) return;
        const { success, error } = SCHEMAS[list](JSON.parse(result.text));
        expect(success, `${result.text} ${error?.message}`).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

it('an output schema of anything else than an object is one for callers of 2026-07-28', () => {
  const raw = '{"name":"n","inputSchema":{"type":"object"},"outputSchema":{"type":"array","items":{}}}';
  expect(mend(raw, 'tools', 'modern')).toEqual({ text: raw });
  expect(mend(raw, 'tools')).toEqual({ text: '{"name":"n","inputSchema":{"type":"object"}}' });
  const untyped = raw.replace('"type":"array",', '');
  expect(mend(untyped, 'tools', 'modern')).toEqual({ text: untyped });
});
