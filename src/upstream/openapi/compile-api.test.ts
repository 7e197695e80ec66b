import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type CompileTerms, compileApi } from './compile-api.ts';
import { ApiFault } from './document/api-fault.ts';
import { nameOperations } from './tools/operation-names.ts';

const FILE = 'file:///apis/api.yaml';
const terms = (more: Partial<CompileTerms> = {}): CompileTerms => ({
  document: FILE,
  base: 'https://api.example/v1/',
  include: undefined,
  exclude: undefined,
  references: [],
  given: { query: new Set(), cookie: new Set(), header: new Set() },
  ...more,
});
const compile = (document: object | string, more: Partial<CompileTerms> = {}, others: Record<string, string> = {}) =>
  compileApi(terms(more), async (address) => {
    if (address === (more.document ?? FILE)) return typeof document === 'string' ? document : JSON.stringify(document);
    return others[address] ?? '';
  });
const api = (paths: object, more: object = {}) => ({
  openapi: '3.0.3',
  info: { title: 'A', version: '1' },
  paths,
  ...more,
});
const faultOf = (run: Promise<unknown>): Promise<string> =>
  run.then(
    () => 'compiled',
    (error: unknown) => (error instanceof ApiFault ? `${error.message} - ${error.fix}` : String(error)),
  );

interface Tool {
  readonly name: string;
  readonly inputSchema: Record<string, never>;
  readonly outputSchema?: object;
  readonly annotations: object;
}
const toolsOf = async (document: object | string, more: Partial<CompileTerms> = {}): Promise<Tool[]> =>
  (await compile(document, more)).tools.map((text) => JSON.parse(text) as Tool);

describe('documents that cannot be used', () => {
  const get = { '/a': { get: {} } };
  it.each([
    ['{"swagger":"2.0"}', {}, /^is of OpenAPI "2.0"; only 3.0 and 3.1 are read - Convert/],
    ['{"openapi":"4.0.0"}', {}, /^is of OpenAPI "4.0.0"/],
    ['<html>', {}, /^is no OpenAPI document/],
    ['a: [1\nb: 2', {}, /^is neither JSON nor YAML: .* at line 2, column 1/],
    [api({}), {}, /^has no operations/],
    [api(get), { include: { methods: ['post'] } }, /^has no operation that "include" and "exclude" leave/],
    [api(get), { base: undefined }, /^does not say where the API is - Add "url"/],
    [
      api(get, { servers: [{ url: 'http://169.254.169.254/' }] }),
      { base: undefined },
      /without TLS - Add "url": "http:\/\/169/,
    ],
    [
      api(get, { servers: [{ url: 'https://evil.example/' }] }),
      { base: undefined, document: 'https://docs.example/api.json' },
      /another place than itself, https:\/\/evil.example - Add "url"/,
    ],
    [
      api({ '/a': { $ref: 'https://evil.example/x.json' } }),
      {},
      /refers to "https:\/\/evil.example\/x.json", which is outside of it - Bundle/,
    ],
    [api({ '/a': { $ref: '../secret.json#/a' } }), { references: ['file:///apis/parts/'] }, /which is outside of it/],
    [api({ '/a': { $ref: '#/b' } }), {}, /refers to "#\/b", which is not there/],
    [api({ '/a': { $ref: '#/paths/~1a' } }), {}, /references in a circle/],
    [api({ '/a': { $ref: '#/__proto__' } }), {}, /which is not there/],
    [
      api({ '/a': { get: { servers: [{ url: 'https://other.example' }] } } }),
      {},
      /^1 operation is left out, such as "GET \/a": they are at another place/,
    ],
    [api({ '/a/../b': { get: {} } }), {}, /dot segments/],
  ])('%j', async (document, more, message) => {
    expect(await faultOf(compile(document, more))).toMatch(message);
  });
});

it('other documents are read where they are allowed, and only those', async () => {
  const asked: string[] = [];
  const compiled = await compileApi(terms({ references: ['file:///apis/parts/'] }), async (address) => {
    asked.push(address);
    if (address === FILE) return "openapi: 3.1.0\npaths: { /a: { $ref: './parts/a.yaml#/item' } }";
    if (address.endsWith('a.yaml')) return "item: { get: { operationId: a, parameters: [{ $ref: 'b.yaml' }] } }";
    return 'name: q\nin: query\nschema: { type: string }';
  });
  expect(asked).toEqual([FILE, 'file:///apis/parts/a.yaml', 'file:///apis/parts/b.yaml']);
  expect(compiled.plans[0]?.parameters).toMatchObject([{ name: 'q' }]);
});

describe('where the API is', () => {
  const at = async (servers: object[], more: Partial<CompileTerms> = {}) =>
    (await compile(api({ '/a': { get: {} } }, { servers }), { base: undefined, ...more })).base;
  it('is what the entry says, or the document where that may say it', async () => {
    expect(await at([{ url: 'https://x.example' }], { base: 'https://mine.example/v2/' })).toBe(
      'https://mine.example/v2',
    );
    expect(await at([{ url: 'https://{host}/v1/', variables: { host: { default: 'x.example' } } }])).toBe(
      'https://x.example/v1',
    );
    expect(await at([{ url: '../v2' }], { document: 'https://x.example/docs/api.json' })).toBe('https://x.example/v2');
    expect(await at([], { document: 'http://127.0.0.1:80/api.json' })).toBe('http://127.0.0.1');
  });

  it('of an operation is the same, or below another path of it', async () => {
    const document = api(
      {
        '/a': {
          get: { servers: [{ url: 'https://x.example/up' }] },
          put: { servers: [{ url: 'https://x.example/v1' }] },
        },
      },
      { servers: [{ url: 'https://x.example/v1' }] },
    );
    const { plans, base } = await compile(document);
    expect([base, ...plans.map(({ prefix }) => prefix)]).toEqual(['https://api.example/v1', '/up', undefined]);
  });
});

it('an operation without a name is called by its method and path', () => {
  const operations = [
    { id: undefined, method: 'get', path: '/repos/{owner}/{repo}' },
    { id: 'repos/list-for/me', method: 'get', path: '/a' },
    { id: 'x'.repeat(80), method: 'get', path: '/b' },
  ];
  expect(nameOperations(operations)).toEqual([
    'get_repos_owner_repo',
    'repos_list-for_me',
    expect.stringMatching(/^x{57}_[0-9a-f]{6}$/),
  ]);
});

it('names are legal, unique, and none is the one that another operation had', () => {
  const operation = fc.record({
    id: fc.option(fc.oneof(fc.constantFrom('a/b', 'a_b', 'a b', 'get', '', '漢字'), fc.string({ maxLength: 90 })), {
      nil: undefined,
    }),
    method: fc.constantFrom('get', 'post'),
    path: fc.constantFrom('/a', '/a/{b}', '/a-b', '/a_b'),
  });
  const all = fc.uniqueArray(operation, { selector: ({ method, path }) => method + path, maxLength: 8 });
  fc.assert(
    fc.property(all, fc.infiniteStream(fc.nat()), (operations, order) => {
      const names = nameOperations(operations);
      expect(new Set(names).size).toBe(names.length);
      for (const name of names) expect(name).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
      const keys = operations.map((each) => [each, order.next().value] as const);
      const shuffled = keys.toSorted(([, one], [, other]) => one - other).map(([each]) => each);
      const again = new Map(nameOperations(shuffled).map((name, index) => [shuffled[index], name]));
      expect(operations.map((each) => again.get(each))).toEqual(names);
    }),
  );
});

describe('schemas', () => {
  const inputOf = async (schema: object, components: object = {}, openapi = '3.0.3') => {
    const document = {
      ...api({ '/a': { post: { requestBody: { content: { 'application/json': { schema } } } } } }),
      openapi,
      components,
    };
    return (await toolsOf(document))[0]?.inputSchema as unknown as { properties: { body: object }; $defs?: object };
  };
  const fits = (schema: object, value: unknown): boolean =>
    new Ajv2020({ strict: false, validateFormats: false }).validate(schema, value);

  it('of 3.0 are said as 2020-12 says them', async () => {
    const schema = await inputOf(
      {
        type: 'object',
        properties: {
          a: { type: 'string', nullable: true, enum: ['x'] },
          b: { type: 'number', minimum: 1, exclusiveMinimum: true },
          c: { type: 'string', readOnly: true },
          d: { nullable: true, allOf: [{ $ref: '#/components/schemas/D' }] },
          e: { type: 'string', pattern: '(' },
        },
        required: ['a', 'c'],
      },
      { schemas: { D: { type: 'object', properties: { d: { $ref: '#/components/schemas/D' } } } } },
    );
    for (const [body, isFitting] of [
      [{ a: null }, true],
      [{ a: 'y' }, false],
      [{}, false],
      [{ a: 'x', b: 1 }, false],
      [{ a: 'x', b: 1.5, d: null, e: '(' }, true],
      [{ a: 'x', d: { d: { d: 1 } } }, false],
    ] as const)
      expect([body, fits(schema, { body })]).toEqual([body, isFitting]);
  });

  it('that refer to each other without end have one, and never get stricter', async () => {
    const wide = Object.fromEntries(
      Array.from({ length: 40 }, (_, level) => [
        `L${level}`,
        {
          type: 'object',
          description: 'x'.repeat(500),
          properties: Object.fromEntries(
            Array.from({ length: 20 }, (__, index) => [
              `p${index}`,
              { $ref: `#/components/schemas/L${(level + index) % 40}` },
            ]),
          ),
          required: ['p0'],
          additionalProperties: false,
        },
      ]),
    );
    const schema = await inputOf(
      { oneOf: [{ $ref: '#/components/schemas/L0' }, { type: 'string' }] },
      { schemas: wide },
    );
    expect(JSON.stringify(schema).length).toBeLessThan(40_000);
    expect(() => new Ajv2020({ strict: false }).compile(schema)).not.toThrow();
    expect(fits(schema, { body: 'x' })).toBe(true);
  });

  it('of answers are there where an answer is always JSON of one kind', async () => {
    const get = (responses: object) => ({ get: { responses } });
    const json = (schema: object) => ({ description: '', content: { 'application/json': { schema } } });
    const tools = await toolsOf(
      api({
        '/object': get({
          200: json({
            type: 'object',
            additionalProperties: false,
            properties: { a: { enum: ['x'] } },
            required: ['a'],
          }),
          404: json({}),
        }),
        '/list': get({ 200: json({ type: 'array', items: { type: 'string' } }) }),
        '/none': get({ 200: json({ type: 'object' }), 204: { description: '' } }),
        '/text': get({ 200: { description: '', content: { 'text/plain': {} } } }),
      }),
    );
    expect(tools.map(({ outputSchema }) => outputSchema)).toEqual([
      { type: 'object', properties: { a: {} }, required: ['a'] },
      { type: 'object', properties: { result: { type: 'array', items: { type: 'string' } } }, required: ['result'] },
      undefined,
      undefined,
    ]);
  });
});

it('what the entry gives, and headers of the transfer, are no arguments', async () => {
  const parameters = [
    'Authorization',
    'X-Key',
    'Host',
    'Transfer-Encoding',
    'X-HTTP-Method-Override',
    'X-Fine',
    'bad name',
  ].map((name) => ({ name, in: 'header' }));
  const [tool] = await toolsOf(
    api({
      '/a/{id}': {
        get: {
          parameters: [
            ...parameters,
            { name: 'key', in: 'query' },
            { name: 'id', in: 'query' },
            { name: 'page[size]', in: 'query' },
            { name: 'gone', in: 'path' },
          ],
        },
      },
    }),
    { given: { query: new Set(['key']), cookie: new Set(), header: new Set(['x-key']) } },
  );
  expect(Object.keys(tool?.inputSchema['properties'] ?? {})).toEqual(['X-Fine', 'id', 'page_size', 'path_id']);
});

it('tags that no operation has are told with the nearest', async () => {
  const { notes, tools } = await compile(api({ '/a': { get: { tags: ['pets'] }, put: {} } }), {
    include: { tags: ['pets', 'pet'], methods: ['get'] },
    exclude: { paths: ['/b/*'] },
  });
  expect(notes).toEqual([
    { message: 'is no tag of an operation', fix: 'Did you mean "pets"?', at: ['include', 'tags', 1] },
  ]);
  expect(tools).toHaveLength(1);
});

it('what tells operations of one path apart is no argument, or has the one value that it may have', async () => {
  const only = (name: string, schema: object) => ({ name, in: 'query', schema });
  const get = {
    parameters: [
      only('action', { type: 'string' }),
      only('Op', { type: 'string', enum: ['List'] }),
      only('v', { $ref: '#/components/schemas/V' }),
      only('two', { enum: ['a', 'b'] }),
    ],
  };
  const document = api({ '/a?action=read': { get } }, { components: { schemas: { V: { const: 2 } } } });
  const { plans } = await compile({ ...document, openapi: '3.1.0' });
  expect(plans[0]?.parameters.map(({ name, only: value }) => [name, value])).toEqual([
    ['Op', 'List'],
    ['v', '2'],
    ['two', undefined],
  ]);
});
