import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BodyPlan, FieldPlan, OperationPlan, ParameterPlan } from '../call-plan.ts';
import { OperationCalls } from './api-request.ts';
import { ArgumentFault } from './argument-fault.ts';

const parameter = (name: string, place: ParameterPlan['place'], more: Partial<ParameterPlan> = {}): ParameterPlan => ({
  name,
  argument: name,
  place,
  style: place === 'query' || place === 'cookie' ? 'form' : 'simple',
  explode: place === 'query' || place === 'cookie',
  allowReserved: false,
  isJson: false,
  isRequired: place === 'path',
  mayHaveSlashes: false,
  ...more,
});
const field = (name: string, more: Partial<FieldPlan> = {}): FieldPlan => ({
  name,
  style: 'form',
  explode: true,
  allowReserved: false,
  isJson: false,
  isStyled: false,
  isFile: false,
  type: undefined,
  ...more,
});
const body = (kind: BodyPlan['kind'], type: string, fields: FieldPlan[] = []) => ({
  kind,
  type,
  fields,
  isRequired: false,
  argument: 'body',
});

const calls = (plan: Partial<OperationPlan>): OperationCalls =>
  new OperationCalls(
    {
      tool: 't',
      method: 'GET',
      path: '/a',
      prefix: undefined,
      parameters: [],
      body: undefined,
      hasOutput: false,
      ...plan,
    },
    {
      origin: 'https://api.example',
      prefix: '/v1',
      query: new Map([['key', 's&1']]),
      cookies: new Map([['sid', '7']]),
    },
  );
const fault = (run: () => unknown): string => {
  try {
    return `sent: ${JSON.stringify(run())}`;
  } catch (error) {
    if (error instanceof ArgumentFault) return error.message;
    throw error;
  }
};

describe('paths', () => {
  const users = calls({ path: '/users/{id}/keys', parameters: [parameter('id', 'path')] });

  it.each([
    ['7', '/v1/users/7/keys?key=s%261'],
    ['a b?c#d', '/v1/users/a%20b%3Fc%23d/keys?key=s%261'],
    ['ü', '/v1/users/%C3%BC/keys?key=s%261'],
  ])('%j is one part of it', (id, path) => {
    expect(users.request(JSON.stringify({ id })).path).toBe(path);
  });

  it.each([
    '..',
    '.',
    '../x',
    'a/b',
    'a\\b',
    '%2e%2e',
    '%252e%252e%252fx',
    'a%2fb',
    'a%5Cb',
    '',
    'x\r\ny',
    '..;x',
    '%00',
    '%25252e%25252e',
  ])('%j does not lead out', (id) => {
    expect(fault(() => users.request(JSON.stringify({ id })))).toMatch(/^"id" must not/);
  });

  it('whatever is given, the path has the parts of its operation and stays at its place', () => {
    const nasty = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc
        .array(
          fc.constantFrom('.', '..', '/', '\\', '%2f', '%2e', '%25', ';', 'a', '\r', '\n', '?', '#', '@', ':', '//'),
          { maxLength: 6 },
        )
        .map((parts) => parts.join('')),
    );
    const style = fc.constantFrom('simple', 'label', 'matrix');
    const given = fc.oneof(nasty, fc.array(nasty), fc.dictionary(nasty, nasty));
    fc.assert(
      fc.property(given, nasty, style, fc.boolean(), (one, two, name, explode) => {
        const operation = calls({
          path: '/users/{one}{two}/keys',
          parameters: [parameter('one', 'path', { style: name as 'simple', explode }), parameter('two', 'path')],
        });
        const outcome = fault(() => operation.request(JSON.stringify({ one, two })).path);
        if (!outcome.startsWith('sent: ')) return;
        const { path } = operation.request(JSON.stringify({ one, two }));
        const url = new URL(`https://api.example${path}`);
        expect(url.pathname + url.search).toBe(path);
        expect(url.pathname.split('/')).toEqual(['', 'v1', 'users', expect.any(String), 'keys']);
        expect(decodeURIComponent(url.pathname.split('/')[3] ?? '')).not.toMatch(/[/\\]|^\.{1,2}$/);
      }),
      { numRuns: 500 },
    );
  });

  it('goes over several segments where its document says so', () => {
    const file = calls({ path: '/contents/{path}', parameters: [parameter('path', 'path', { mayHaveSlashes: true })] });
    expect(file.request('{"path":"docs/a b.md"}').path).toBe('/v1/contents/docs/a%20b.md?key=s%261');
    for (const path of ['docs/../x', '/etc', 'a//b', 'a/%2e%2e/b', 'a/'])
      expect(fault(() => file.request(JSON.stringify({ path })))).toMatch(/^"path" must not/);
  });
});

describe('headers, cookies and queries', () => {
  const operation = calls({
    path: '/a?beta=true#x',
    parameters: [
      parameter('X-Trace', 'header'),
      parameter('c', 'cookie'),
      parameter('filter', 'query'),
      parameter('limit', 'query'),
      parameter('deep', 'query', { style: 'deepObject' }),
      parameter('deep[a]', 'query'),
    ],
  });

  it('go where they belong, with what the entry gives', () => {
    const args = '{"X-Trace":"a,b","c":"x;y","filter":{"a":"1"},"limit":10000000000000000001}';
    expect(operation.request(args)).toEqual({
      method: 'GET',
      path: '/v1/a?beta=true&key=s%261&a=1&limit=10000000000000000001',
      headers: { accept: expect.any(String), 'x-trace': 'a,b', cookie: 'sid=7; c=x%3By' },
      body: undefined,
    });
  });

  it.each([
    ['{"X-Trace":"a\\r\\nHost: evil"}', /"X-Trace" must be a text of one line/],
    ['{"X-Trace":"a\\u0000"}', /"X-Trace" must be a text of one line/],
    ['{"filter":{"key":"mine"}}', /"filter" must not have "key"/],
    ['{"filter":{"limit":"1"}}', /"filter" must not have "limit"/],
    ['{"deep":{"a":"1"}}', /"deep" must not have "deep\[a\]"/],
    ['{"Host":"evil"}', /has no argument "Host"/],
    ['{"limit":"\\ud800"}', /lone surrogate/],
  ])('%s is not sent', (args, message) => {
    expect(fault(() => operation.request(args))).toMatch(message);
  });

  it('what tells operations of one path apart cannot be changed by arguments', () => {
    const read = calls({
      path: '/a?action=read&key=mine',
      parameters: [
        parameter('filter', 'query'),
        parameter('deep', 'query', { style: 'deepObject' }),
        parameter('Op', 'query', { only: 'List' }),
        parameter('v', 'header', { only: '2' }),
      ],
    });
    expect(read.request('{"Op":"List","v":2}')).toMatchObject({ path: '/v1/a?action=read&key=s%261&Op=List' });
    for (const [args, message] of [
      ['{"filter":{"action":"delete"}}', /"filter" must not have "action"/],
      ['{"filter":{"Action[]":"delete"},"Op":"Delete"}', /"Op" must be "List"/],
      ['{"Op":["List","Delete"]}', /"Op" must be "List"/],
      ['{"Op":{"Op":"Delete"}}', /"Op" must be "List"/],
      ['{"v":3}', /"v" must be "2"/],
    ] as const)
      expect(fault(() => read.request(args))).toMatch(message);
  });

  it('what is needed has to be there; null is nothing', () => {
    const needy = calls({ parameters: [parameter('q', 'query', { isRequired: true })] });
    expect(fault(() => needy.request('{"q":null}'))).toBe('needs "q"');
  });
});

describe('bodies', () => {
  it('of JSON are sent digit by digit', () => {
    const json = '{"n": 1.10e2, "big": 12345678901234567890}';
    const { body: sent, headers } = calls({ method: 'POST', body: body('json', 'application/json') }).request(
      `{"body": ${json}}`,
    );
    expect([sent, headers['content-type']]).toEqual([json, 'application/json']);
  });

  it('of forms are read again as they were', () => {
    const plan = body('form', 'application/x-www-form-urlencoded', [
      field('deep', { style: 'deepObject', isStyled: true }),
    ]);
    const form = calls({ method: 'POST', body: plan });
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.array(fc.string({ unit: 'grapheme' })), (one, many) => {
        const { body: sent } = form.request(JSON.stringify({ body: { one, many } }));
        const read = new URLSearchParams(String(sent));
        expect([read.get('one'), read.getAll('many')]).toEqual([one, many]);
      }),
    );
    const { body: sent } = form.request('{"body":{"deep":{"a":{"b":1}},"json":{"c":1.0},"no":null}}');
    expect(decodeURIComponent(String(sent))).toBe('deep[a][b]=1&json={"c":1.0}');
  });

  it('of several parts hold files, and no name ends its quotes', async () => {
    const plan = body('multipart', 'multipart/form-data', [
      field('file', { isFile: true }),
      field('meta', { isJson: true }),
    ]);
    const file = { content: Buffer.from([0, 255, 10]).toString('base64'), filename: 'a".png\r\nx: y' };
    const { body: sent, headers } = calls({ method: 'POST', body: plan }).request(
      JSON.stringify({ body: { file, meta: { a: 1 }, 'na"me': 'text', list: ['x', 'y'] } }),
    );
    const type = headers['content-type'] ?? '';
    const read = await new Response(new Uint8Array(sent as Buffer), { headers: { 'content-type': type } }).formData();
    expect(String(sent)).not.toMatch(/^x: y/m);
    const part = read.get('file') as File;
    expect([...new Uint8Array(await part.arrayBuffer())]).toEqual([0, 255, 10]);
    expect(part.name).toBe(file.filename);
    expect(read.get('na"me')).toBe('text');
    expect(read.getAll('list')).toEqual(['x', 'y']);
    expect((await (read.get('meta') as File | string as File).text?.()) ?? read.get('meta')).toBe('{"a":1}');
  });

  it('of text and bytes are those', () => {
    const text = calls({ method: 'PUT', body: body('text', 'text/plain') });
    expect(text.request('{"body":"a\\nb"}').body).toBe('a\nb');
    expect(fault(() => text.request('{"body":1}'))).toBe('"body" must be a text');
    const binary = calls({ method: 'PUT', body: body('binary', 'image/png') });
    expect(binary.request('{"body":"AP8K"}').body).toEqual(Buffer.from([0, 255, 10]));
    expect(fault(() => binary.request('{"body":"?"}'))).toBe('"body" must be content in base64');
  });
});
