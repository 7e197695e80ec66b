import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import * as schema from './file-schemas.ts';
import { parseDocument } from './json-document.ts';
import { collectSecrets, configSecrets } from './known-secrets.ts';
import { readServers } from './servers-file.ts';
import type { Snapshot } from './snapshot.ts';
import type { Environment } from './substitute.ts';

const ref = (inner: string) => `$\{${inner}}`;

function read(file: unknown, env: Environment = {}) {
  const parsed = parseDocument('servers', Buffer.from(typeof file === 'string' ? file : JSON.stringify(file, null, 1)));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return readServers(parsed.document, { env, schema, mainScript: undefined });
}

const one = (entry: unknown, env: Environment = {}) => read({ mcpServers: { good: { command: 'x' }, it: entry } }, env);

test('stdio and HTTP entries become definitions', () => {
  const { servers, problems } = read(
    {
      mcpServers: {
        a: {
          command: 'run',
          args: ['1', ref('X')],
          env: { K: ref('X'), __proto__x: 'y' },
          cwd: '/w',
          timeout_ms: 5000,
        },
        b: { url: 'https://example.com/mcp', headers: { Authorization: `Bearer ${ref('X')}` }, description: 'B' },
        c: { url: 'http://localhost:1/sse', type: 'sse' },
        d: { url: 'http://localhost:1/', transport: 'streamable-http', type: 'http' },
        e: { command: 'e', type: 'stdio' },
      },
    },
    { X: 'val' },
  );
  expect(problems).toEqual([]);
  expect(servers.get('a')).toMatchObject({
    name: 'a',
    description: undefined,
    timeoutMs: 5000,
    link: { transport: 'stdio', command: 'run', args: ['1', 'val'], cwd: '/w' },
  });
  expect(servers.get('a')?.link).toHaveProperty(
    'env',
    new Map([
      ['K', 'val'],
      ['__proto__x', 'y'],
    ]),
  );
  expect(servers.get('b')).toMatchObject({
    description: 'B',
    link: { transport: 'http', url: 'https://example.com/mcp', headers: new Map([['Authorization', 'Bearer val']]) },
  });
  expect(servers.get('c')?.link.transport).toBe('sse');
  expect(servers.get('d')?.link.transport).toBe('http');
  expect(servers.get('e')?.link.transport).toBe('stdio');
});

test("VS Code's servers key is accepted, with its inputs", () => {
  const { servers, problems, fatal } = read({ inputs: [], servers: { a: { type: 'stdio', command: 'x' } } });
  expect([...servers.keys()]).toEqual(['a']);
  expect(problems).toEqual([]);
  expect(fatal).toBe(false);
});

test('mcpServers counts where both are there, with a warning', () => {
  const { servers, problems } = read({ servers: { a: { command: 'x' } }, mcpServers: { b: { command: 'y' } } });
  expect([...servers.keys()]).toEqual(['b']);
  expect(problems).toMatchObject([{ severity: 'warning', line: 2, message: expect.stringContaining('"servers"') }]);
});

test.each([{}, [], 'null', { mcpServers: [] }, { mcpservers: {} }])('%j has no servers: nothing can start', (file) => {
  const { fatal, problems } = read(file);
  expect(fatal).toBe(true);
  expect(problems.at(-1)).toMatchObject({ severity: 'error', message: expect.stringContaining('mcpServers') });
});

test.each<[unknown, string]>([
  [{}, 'the entry has neither "command" nor "url"'],
  [{ command: 'x', url: 'http://x' }, 'the entry has both "command" and "url"'],
  ['x', 'the entry must be an object'],
  [null, 'the entry must be an object'],
  [{ command: 1 }, '"command" must be a text'],
  [{ command: ' ' }, '"command" is empty'],
  [{ command: 'x', args: 'y' }, '"args" must be a list'],
  [{ command: 'x', args: ['a', 1] }, '"args[1]" must be a text'],
  [{ command: 'x', env: { A: 1 } }, '"env.A" must be a text'],
  [{ command: 'x', env: { 'A=B': '1' } }, '"env.A=B" is not a name'],
  [{ command: 'x', env: { A: 'a\0b' } }, '"env.A" holds a NUL'],
  [{ command: 'x', args: ['\0'] }, '"args[0]" holds a NUL'],
  [{ command: 'x', cwd: 1 }, '"cwd" must be a text'],
  [{ command: 'x', type: 'http' }, '"type" names an HTTP transport'],
  [{ command: 'x', transport: 'sse' }, '"transport" names an HTTP transport'],
  [{ url: 'http://x', type: 'stdio' }, '"type" is "stdio"'],
  [{ url: 'http://x', type: 'http', transport: 'sse' }, '"transport" contradicts "type"'],
  [{ url: 'http://x', type: 'websocket' }, '"type" must be one of'],
  [{ url: 'https://x', oauth: { issuer: 'login.corp' } }, '"oauth.issuer" is not an http or https address'],
  [{ url: 'https://x', oauth: { issuer: 'https://' } }, '"oauth.issuer" is not an http or https address'],
  [{ url: 'ftp://x' }, '"url" is not an http or https address'],
  [{ url: 'file:///etc/passwd' }, '"url" is not an http or https address'],
  [{ url: 'not a url' }, '"url" is not an http or https address'],
  [{ url: 'http://x', headers: { 'a b': 'c' } }, '"headers.a b" is not a name'],
  [{ url: 'http://x', headers: { a: 'c\r\nHost: evil' } }, '"headers.a" holds a line break'],
  [{ url: 'http://x', headers: { a: '1', A: '2' } }, '"headers.A" is there twice'],
  [{ url: 'http://x', headers: [] }, '"headers" must be an object'],
  [{ command: 'x', timeout_ms: '5' }, '"timeout_ms" must be a'],
  [{ command: 'x', timeout_ms: 0 }, '"timeout_ms" is out of range'],
  [{ command: 'x', timeout_ms: 2 ** 31 }, '"timeout_ms" is out of range'],
  [{ command: 'x', timeout_ms: 1.5 }, '"timeout_ms" must be a whole number'],
  [{ command: 'x', disabled: 'no' }, '"disabled" must be true or false'],
  [{ command: 'x', description: 1 }, '"description" must be a text'],
  [{ command: ref('MISSING') }, '"command" needs the environment variable MISSING'],
  [{ command: 'x', description: ref('MISSING') }, '"description" needs the environment variable MISSING'],
])('D12: the entry %j disables only its server, with the server and the field in the message', (entry, reason) => {
  const { servers, broken, problems, fatal } = one(entry);
  expect(fatal).toBe(false);
  expect([...servers.keys()]).toEqual(['good']);
  expect(broken.get('it')?.reason).toContain(reason);
  expect(problems[0]).toMatchObject({ severity: 'error', message: expect.stringContaining('Server "it" is off: ') });
  expect(problems[0]?.message).toContain(reason);
  expect(problems[0]?.fix).not.toBe('');
});

test('D12: everything wrong with an entry is said at once, each at its place', () => {
  const { broken, problems } = read(`{"mcpServers": {\n"it": {\n"command": 1,\n"args": [2],\n"cwd": "${ref('NO')}"}}}`);
  expect(problems.map((problem) => problem.line).sort()).toEqual([3, 4, 5]);
  expect(broken.get('it')?.reason.split('; ')).toHaveLength(3);
});

test('a broken server keeps its description, for list_servers', () => {
  expect(one({ description: 'text' }).broken.get('it')?.description).toBe('text');
});

test('an unknown key is a warning, and what it holds is not substituted', () => {
  const { servers, problems } = one({ command: 'x', gallery: ref('not:there'), always: 1 });
  expect(servers.has('it')).toBe(true);
  expect(problems).toMatchObject([
    { severity: 'warning', message: 'Server "it": "gallery" is not a known key and has no effect' },
    { severity: 'warning' },
  ]);
});

test.each(['input:key', 'secret:', 'command:x', 'f%.*'])(
  'what stands for nothing here switches the server off, with the reason: %s',
  (inner) => {
    const { servers, broken } = one({ command: 'x', args: [ref(inner)] });
    expect(servers.has('it')).toBe(false);
    expect(broken.get('it')?.reason).toContain(`needs "${ref(inner)}", which stands for nothing here`);
    expect(broken.get('it')?.fix).not.toBe('');
  },
);

test('the own variables of an entry come first, everywhere but in themselves', () => {
  const entry = {
    command: ref('RUN'),
    args: [ref('PORT:-8080'), ref('env:TOKEN')],
    env: { RUN: 'run', PORT: '9999', TOKEN: ref('env:TOKEN') },
  };
  const { servers, problems } = one(entry, { TOKEN: 'of the gateway', PORT: '1' });
  expect(problems).toEqual([]);
  expect(servers.get('it')?.link).toMatchObject({ command: 'run', args: ['9999', 'of the gateway'] });
});

test('envFile has more of them, which env overrides', () => {
  const dir = mkdtempSync(join(tmpdir(), 'gateway-env-'));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const path = join(dir, '.env');
  writeFileSync(path, '# a comment\nexport A=1\nB="two words"\nC=3\n');
  const { servers, values } = one(
    { command: 'x', args: [ref('B'), ref('C')], env: { C: '4' }, envFile: `${ref('DIR')}/.env` },
    { DIR: dir },
  );
  expect(servers.get('it')?.link).toMatchObject({
    args: ['two words', '4'],
    env: new Map([
      ['A', '1'],
      ['B', 'two words'],
      ['C', '4'],
    ]),
    envFile: path,
  });
  expect(values).toContainEqual({ name: 'B', value: 'two words' });
  for (const wrong of ['/no/such/.env', dir]) {
    expect(one({ command: 'x', envFile: wrong }).broken.get('it')?.reason).toMatch(
      /^"envFile" (does not exist|is not a regular)/,
    );
  }
});

test.each<[string, object, object]>([
  ["Cline's type", { url: 'https://h/', type: 'streamableHttp' }, { transport: 'http' }],
  ["LangChain's type", { url: 'https://h/', transport: 'streamable_http' }, { transport: 'http' }],
  [
    'null for what is not there',
    { url: 'https://h/', command: null, args: null, headers: null, oauth: null },
    { url: 'https://h/' },
  ],
  [
    'null beside a program',
    { command: 'x', url: null, args: null, env: null, cwd: null, type: null },
    { command: 'x', args: [] },
  ],
  ['null inside oauth', { url: 'https://h/', oauth: { clientId: null, scopes: null } }, { url: 'https://h/' }],
  [
    'null as a synonym',
    { url: 'https://h/', serverUrl: null, environment: null, enabled: null },
    { url: 'https://h/' },
  ],
  ["Gemini's httpUrl", { httpUrl: 'https://h/' }, { transport: 'http', url: 'https://h/' }],
  ["Windsurf's serverUrl", { serverUrl: 'https://h/' }, { transport: 'http', url: 'https://h/' }],
  ["Copilot's local", { type: 'local', command: 'x', args: ['y'] }, { command: 'x', args: ['y'] }],
  [
    "opencode's list",
    { type: 'local', command: ['npx', '-y', 'z'], environment: { A: '1' } },
    { command: 'npx', args: ['-y', 'z'], env: new Map([['A', '1']]) },
  ],
  ["opencode's remote", { type: 'remote', url: 'https://h/', enabled: true, oauth: false }, { transport: 'http' }],
  [
    "Zed's object",
    { command: { path: 'x', args: ['y'], env: { A: '1' } } },
    { command: 'x', args: ['y'], env: new Map([['A', '1']]) },
  ],
])('%s is understood', (_what, entry, link) => {
  const { servers, problems } = one(entry);
  expect(servers.get('it')?.link).toMatchObject(link);
  expect(problems).toEqual([]);
});

test('two keys that say the same are an error', () => {
  expect(one({ url: 'https://h/', httpUrl: 'https://i/' }).broken.get('it')?.reason).toContain(
    '"httpUrl" says the same',
  );
});

test.each([
  { servers: { it: { command: 'x' } }, inputs: [] },
  { mcp: { servers: { it: { command: 'x' } } }, 'editor.fontSize': 12 },
  { mcp: { it: { type: 'local', command: ['x'] } }, theme: 'dark' },
  { context_servers: { it: { command: { path: 'x' } } }, vim_mode: true },
])('servers are found where another program has them: %j', (file) => {
  const { servers, problems } = read(file);
  expect(servers.get('it')?.link).toMatchObject({ command: 'x' });
  expect(problems).toEqual([]);
});

test.each([{ enabled: false }, { isActive: false }, { disabled: true }, { disabled: true, enabled: true }])(
  '%j is off',
  (off) => {
    const { servers, broken, problems } = one({ command: 'x', ...off });
    expect(servers.has('it') || broken.has('it')).toBe(false);
    expect(problems).toEqual([]);
  },
);

test.each([
  ['https://me:p%40ss@h/mcp', 'me:p@ss', 'https://h/mcp'],
  ['https://token@h/mcp?x=1', 'token:', 'https://h/mcp?x=1'],
  ['https://:p%ss@h/', ':p%ss', 'https://h/'],
])('user and password of %s become a header', (url, credentials, bare) => {
  const { servers, values } = one({ url: ref('ADDRESS') }, { ADDRESS: url });
  const link = servers.get('it')?.link;
  const header = `Basic ${Buffer.from(credentials).toString('base64')}`;
  expect(link).toMatchObject({ url: bare, headers: new Map([['Authorization', header]]) });
  expect(collectSecrets(servers.values(), values)).toContain(header);
});

test('a header of the entry beats what its address says, which is told', () => {
  const { servers, problems } = one({ url: 'https://a:b@h/', headers: { authorization: 'Bearer t' } });
  expect(servers.get('it')?.link).toMatchObject({
    url: 'https://h/',
    headers: new Map([['authorization', 'Bearer t']]),
  });
  expect(problems).toMatchObject([{ severity: 'warning', message: expect.stringContaining('has credentials') }]);
});

test('keys are not substituted', () => {
  const { servers } = one({ command: 'x', env: { [ref('X')]: '1' } }, { X: 'val' });
  expect(servers.get('it')?.link).toHaveProperty('env', new Map([[ref('X'), '1']]));
});

test('a disabled server is left out, whatever else is wrong with it', () => {
  const { servers, broken, names, problems } = one({ disabled: true, command: 1, args: [ref('NO')] });
  expect(servers.has('it') || broken.has('it')).toBe(false);
  expect(names.has('it')).toBe(true);
  expect(problems).toEqual([]);
});

test('an entry that starts this gateway is skipped with a warning, unless its env allows it', () => {
  const entry = { command: 'npx', args: ['-y', 'agent-mcp-gateway'], env: { K: ref('NOT_SET') } };
  const skipped = one(entry);
  expect(skipped.servers.has('it') || skipped.broken.has('it')).toBe(false);
  expect(skipped.problems).toMatchObject([{ severity: 'warning', message: expect.stringContaining('left out') }]);
  const allowed = one({ ...entry, env: { GATEWAY_ALLOW_NESTED: '1' } });
  expect(allowed.servers.has('it')).toBe(true);
  expect(allowed.problems).toEqual([]);
});

test('servers may be named like members of Object; a name must not be empty', () => {
  const { servers, broken } = read(
    '{"mcpServers": {"__proto__": {"command": "x"}, "constructor": {"command": "x"}, "": {"command": "x"}}}',
  );
  expect([...servers.keys()]).toEqual(['__proto__', 'constructor']);
  expect([...broken.keys()]).toEqual(['']);
});

test('the key of a definition depends on all that makes the connection, and on nothing else', () => {
  const base = { command: 'x', args: ['a', 'b'], env: { A: '1', B: '2' }, cwd: '/w' };
  const keyOf = (entry: unknown, env: Environment = {}) => one(entry, env).servers.get('it')?.key;
  const key = keyOf(base);
  expect(key).toMatch(/^[0-9a-f]{64}$/);
  expect(keyOf({ ...base, env: { B: '2', A: '1' } })).toBe(key);
  expect(keyOf({ ...base, description: 'other', timeout_ms: 1, type: 'stdio' })).toBe(key);
  expect(keyOf({ ...base, command: ref('C') }, { C: 'x' })).toBe(key);
  const others = [
    { ...base, command: 'y' },
    { ...base, args: ['ab'] },
    { ...base, args: ['b', 'a'] },
    { ...base, env: { A: '1', B: '3' } },
    { ...base, cwd: '/v' },
    { url: 'http://x' },
    { url: 'http://x', type: 'sse' },
    { url: 'http://x', headers: { a: 'b' } },
  ].map((entry) => keyOf(entry));
  expect(new Set([key, ...others]).size).toBe(others.length + 1);
  const { servers } = read({ mcpServers: { a: base, b: base } });
  expect(servers.get('a')?.key).not.toBe(servers.get('b')?.key);
});

test('no value of an entry is repeated in a problem or a reason', () => {
  const secret = 'hunter2hunter2';
  const { problems, broken } = read({
    mcpServers: {
      a: { url: `ftp://user:${secret}@host/?key=${secret}` },
      b: { url: 'http://x', headers: { a: `${secret}\n` } },
      c: { command: 'x', env: { 'A=': secret }, type: secret },
      d: { command: `${secret}\0`, args: [secret, 1], cwd: 1, unknown: secret },
    },
  });
  expect(broken.size).toBe(4);
  expect(JSON.stringify([problems, [...broken]])).not.toContain(secret);
});

const BASIC = `Basic ${Buffer.from('me:p@ssword').toString('base64')}`;

test('secrets: env, headers with and without their scheme, URL parts, substituted variables; longest first', () => {
  const { servers, values } = read(
    {
      mcpServers: {
        a: {
          command: 'x',
          args: ['--token', ref('TOKEN')],
          env: { KEY: 'env-secret', SHORT: 'abc', HOME: '/home/someone' },
        },
        b: { url: 'https://h/?api_key=query-secret', headers: { Authorization: 'Bearer header-secret' } },
        c: { url: 'https://me:p%40ssword@h/' },
      },
    },
    { TOKEN: 'arg-secret' },
  );
  const secrets = collectSecrets(servers.values(), values);
  expect(new Set(secrets)).toEqual(
    new Set([
      'arg-secret',
      'env-secret',
      'Bearer header-secret',
      'header-secret',
      BASIC,
      BASIC.slice('Basic '.length),
      'p@ssword',
      'me:p@ssword',
      'query-secret',
    ]),
  );
  expect(secrets[0]).toBe(BASIC);
  expect(configSecrets({ secrets } as unknown as Snapshot)).toBe(secrets);
});

test('what an entry says about the life of its connections is part of what makes it another server', () => {
  const life = { idle_timeout_ms: 1000, max_concurrent: 4, sharing: 'per-session', max_instances: 3 };
  const plain = one({ command: 'run' }).servers.get('it');
  const alive = one({ command: 'run', ...life }).servers.get('it');
  expect(plain?.life).toBeUndefined();
  expect(alive?.life).toMatchObject({
    startTimeoutMs: undefined,
    idleTimeoutMs: 1000,
    maxConcurrent: 4,
    sharing: 'per-session',
    maxInstances: 3,
  });
  expect(alive?.key).not.toBe(plain?.key);
  expect(one({ command: 'run', sharing: 'everybody' }).servers.get('it')).toBeUndefined();
  expect(one({ command: 'run', max_queue: 0 }).servers.get('it')).toBeUndefined();
});

test.each([
  ['corp.pem', '/etc/gateway/corp.pem'],
  ['../ca/corp.pem', '/etc/ca/corp.pem'],
  ['/ca.pem', '/ca.pem'],
])('"ca": %j is a file from the folder of the servers file on', (ca, expected) => {
  const text = JSON.stringify({
    mcpServers: { it: { url: 'https://example.com/mcp', ca }, run: { command: 'x', ca } },
  });
  const parsed = parseDocument('/etc/gateway/mcp.json', Buffer.from(text));
  if (!parsed.ok) throw new Error('unreadable');
  const { servers, broken } = readServers(parsed.document, { env: {}, schema, mainScript: undefined });
  expect(servers.get('it')?.link).toMatchObject({ ca: expected });
  expect(broken.get('run')?.reason).toContain('is about HTTP servers');
});

test.each([
  { command: null },
  { command: 'x', env: { A: null } },
  { command: 'x', args: [null] },
  { url: 'https://h/', headers: { A: null } },
])('null where something is meant leaves the server off: %j', (entry) => {
  expect([...one(entry).broken.keys()]).toEqual(['it']);
});
