import { expect, test } from 'vitest';
import type { ErrorCode } from '../shared/errors.ts';
import { type Flags, resolveSettings } from './settings.ts';
import type { Environment } from './substitute.ts';

const place = { cwd: '/work', home: '/home/me' };
const resolve = (flags: Flags = {}, env: Environment = {}) => resolveSettings(flags, env, place);
const USAGE: ErrorCode = 'USAGE';

test('the defaults', () => {
  expect(resolve()).toEqual({
    transport: 'stdio',
    host: '127.0.0.1',
    port: 8000,
    mcpConfig: undefined,
    rules: undefined,
    auditLog: '/home/me/.cache/agent-mcp-gateway/logs/audit.jsonl',
    auditHeads: [],
    auditHeadMs: 300_000,
    agent: undefined,
    defaultAgent: undefined,
    debug: false,
    code: false,
    initStrategy: 'eager',
    expose: 'discovery',
    server: undefined,
    corsOrigins: [],
    allowedHosts: [],
    trustCwd: false,
    allowNested: false,
    noAuth: false,
    publicUrl: undefined,
    secretKey: undefined,
    stateKeys: [],
    keychain: true,
    ui: 'off',
    stopDelayMs: 0,
    workers: 1,
    maxRequestBytes: 4 * 1024 * 1024,
    maxResponseBytes: 16 * 1024 * 1024,
    httpClient: 'own',
    configDir: '/home/me/.config/agent-mcp-gateway',
    cacheDir: '/home/me/.cache/agent-mcp-gateway',
    ...place,
  });
});

test('every variable is read', () => {
  const env = {
    GATEWAY_MCP_CONFIG: '~/servers.json',
    GATEWAY_RULES: 'rules.json',
    GATEWAY_DEFAULT_AGENT: 'dev',
    GATEWAY_DEBUG: 'TRUE',
    GATEWAY_AUDIT_LOG: '~/audit.jsonl',
    GATEWAY_AUDIT_HEADS: '/mnt/heads.jsonl, https://heads.example.com',
    GATEWAY_AUDIT_HEAD_KEY: '~/key.pem',
    GATEWAY_AUDIT_HEAD_SECONDS: '60',
    GATEWAY_TRANSPORT: 'http',
    GATEWAY_HTTP_HOST: '0.0.0.0',
    GATEWAY_HTTP_PORT: '0',
    GATEWAY_WORKERS: '3',
    GATEWAY_MAX_REQUEST_BYTES: '65536',
    GATEWAY_MAX_RESPONSE_BYTES: '67108864',
    GATEWAY_CORS_ORIGINS: 'https://App.example.com:443/, http://localhost:3000,vscode-webview://abc',
    GATEWAY_INIT_STRATEGY: 'lazy',
    GATEWAY_ALLOWED_HOSTS: 'Gateway.example.com:8443,[::1]:8000',
    GATEWAY_TRUST_CWD: '1',
    GATEWAY_ALLOW_NESTED: 'yes',
  };
  expect(resolve({}, env)).toMatchObject({
    mcpConfig: { path: '/home/me/servers.json', source: 'GATEWAY_MCP_CONFIG' },
    rules: { path: '/work/rules.json', source: 'GATEWAY_RULES' },
    defaultAgent: 'dev',
    debug: true,
    maxRequestBytes: 65_536,
    maxResponseBytes: 67_108_864,
    auditLog: '/home/me/audit.jsonl',
    auditHeads: ['/mnt/heads.jsonl', 'https://heads.example.com'],
    auditHeadKey: '/home/me/key.pem',
    auditHeadMs: 60_000,
    transport: 'http',
    host: '0.0.0.0',
    port: 0,
    workers: 3,
    corsOrigins: ['https://app.example.com', 'http://localhost:3000', 'vscode-webview://abc'],
    initStrategy: 'lazy',
    allowedHosts: ['gateway.example.com:8443', '[::1]:8000'],
    trustCwd: true,
    allowNested: true,
  });
});

test('flags beat the environment', () => {
  const flags = { transport: 'stdio', port: '9000', mcpConfig: '/a.json', rules: '/b.json', initStrategy: 'eager' };
  const env = {
    GATEWAY_TRANSPORT: 'http',
    GATEWAY_HTTP_PORT: '8001',
    GATEWAY_MCP_CONFIG: '/x.json',
    GATEWAY_RULES: '/y.json',
    GATEWAY_INIT_STRATEGY: 'lazy',
    GATEWAY_DEBUG: '0',
  };
  expect(resolve({ ...flags, debug: true }, env)).toMatchObject({
    transport: 'stdio',
    port: 9000,
    mcpConfig: { path: '/a.json', source: '--mcp-config' },
    rules: { path: '/b.json', source: '--rules' },
    initStrategy: 'eager',
    expose: 'discovery',
    server: undefined,
    debug: true,
  });
});

test('an invalid variable does not matter where a flag replaces it', () => {
  expect(resolve({ port: '1' }, { GATEWAY_HTTP_PORT: 'x' }).port).toBe(1);
});

test('empty variables count as absent', () => {
  const env = { GATEWAY_TRANSPORT: '', GATEWAY_RULES: '', GATEWAY_DEBUG: '', GATEWAY_DEFAULT_AGENT: '' };
  expect(resolve({}, env)).toEqual(resolve());
});

test.each(['hex', 'base64', 'base64url'] as const)('a secret key may be written in %s', (encoding) => {
  const bytes = Buffer.from(Array.from({ length: 32 }, (_, n) => 255 - n));
  expect(resolve({}, { GATEWAY_SECRET_KEY: ` ${bytes.toString(encoding)}\n` }).secretKey).toEqual(bytes);
});

test('a keychain is used unless somebody says no', () => {
  expect([{}, { GATEWAY_KEYCHAIN: '' }, { GATEWAY_KEYCHAIN: '1' }].map((env) => resolve({}, env).keychain)).toEqual([
    true,
    true,
    true,
  ]);
  expect(resolve({}, { GATEWAY_KEYCHAIN: 'off' }).keychain).toBe(false);
});

test('XDG folders are used where they are absolute', () => {
  const env = { XDG_CONFIG_HOME: '/etc/me', XDG_CACHE_HOME: '/var/me' };
  expect(resolve({}, env)).toMatchObject({
    configDir: '/etc/me/agent-mcp-gateway',
    auditLog: '/var/me/agent-mcp-gateway/logs/audit.jsonl',
  });
  expect(resolve({}, { XDG_CONFIG_HOME: 'relative' }).configDir).toBe('/home/me/.config/agent-mcp-gateway');
});

test.each<[Flags, Environment, RegExp]>([
  [{ transport: 'tcp' }, {}, /--transport takes stdio or http, not "tcp"/],
  [{}, { GATEWAY_TRANSPORT: 'HTTP' }, /GATEWAY_TRANSPORT takes stdio or http/],
  [{ port: '65536' }, {}, /--port takes a port from 0 to 65535/],
  [{}, { GATEWAY_HTTP_PORT: '-1' }, /GATEWAY_HTTP_PORT/],
  [{}, { GATEWAY_HTTP_PORT: '80x' }, /GATEWAY_HTTP_PORT/],
  [{ workers: '0' }, {}, /--workers/],
  [{ workers: '2.5' }, {}, /--workers/],
  [{}, { GATEWAY_WORKERS: '65' }, /GATEWAY_WORKERS/],
  [{}, { GATEWAY_MAX_REQUEST_BYTES: '65535' }, /from 65536 to 67108864/],
  [{}, { GATEWAY_MAX_RESPONSE_BYTES: '67108865' }, /from 65536 to 67108864/],
  [{}, { GATEWAY_MAX_RESPONSE_BYTES: '16 MiB' }, /GATEWAY_MAX_RESPONSE_BYTES/],
  [{}, { GATEWAY_DEBUG: 'maybe' }, /GATEWAY_DEBUG takes 1 or 0/],
  [{}, { GATEWAY_TRUST_CWD: '2' }, /GATEWAY_TRUST_CWD/],
  [{}, { GATEWAY_KEYCHAIN: 'maybe' }, /GATEWAY_KEYCHAIN takes 1 or 0/],
  [{}, { GATEWAY_SECRET_KEY: 'password' }, /^GATEWAY_SECRET_KEY takes 32 random bytes in base64 or hex: [^:]*them\.$/],
  [{}, { GATEWAY_SECRET_KEY: 'zz'.repeat(32) }, /GATEWAY_SECRET_KEY/],
  [{}, { GATEWAY_SECRET_KEY: `${'A'.repeat(20)}!${'A'.repeat(23)}` }, /GATEWAY_SECRET_KEY/],
  [{ initStrategy: 'soon' }, {}, /--init-strategy takes eager or lazy/],
  [{ agent: 'a b' }, {}, /--agent takes an agent id/],
  [{ agent: '' }, {}, /--agent takes an agent id/],
  [{}, { GATEWAY_DEFAULT_AGENT: 'ä' }, /GATEWAY_DEFAULT_AGENT/],
  [{}, { GATEWAY_CORS_ORIGINS: 'example.com' }, /GATEWAY_CORS_ORIGINS takes origins/],
  [{}, { GATEWAY_CORS_ORIGINS: 'https://example.com/path' }, /GATEWAY_CORS_ORIGINS/],
  [{}, { GATEWAY_ALLOWED_HOSTS: 'http://example.com' }, /GATEWAY_ALLOWED_HOSTS takes host names/],
  [{ host: 'http://x' }, {}, /--host/],
  [{ rules: '' }, {}, /--rules takes the path of a file/],
  [{ noAuth: true, host: '0.0.0.0' }, {}, /--no-auth is accepted only with a loopback address/],
  [{ noAuth: true }, { GATEWAY_HTTP_HOST: 'example.com' }, /--no-auth/],
])('%j with %j is a mistake in usage that says what is accepted', (flags, env, message) => {
  expect(() => resolve(flags, env)).toThrow(
    expect.objectContaining({ code: USAGE, message: expect.stringMatching(message) }),
  );
});

test.each(['127.0.0.1', '127.1.2.3', 'localhost', '::1'])('--no-auth works with the loopback address %s', (host) => {
  expect(resolve({ noAuth: true, host }).noAuth).toBe(true);
});

test('a message about a value cannot move the cursor', () => {
  expect(() => resolve({ transport: '\u001b[2Jx\u202e' })).toThrow('\\u001b[2Jx\\u202e');
});

test('the keys of handles, and the store; errors repeat neither', () => {
  const [one, other] = ['11', '22'].map((byte) => byte.repeat(32));
  const { stateKeys, store } = resolve(
    {},
    { GATEWAY_STATE_KEY: `${one}, ${other}`, GATEWAY_STORE: 'rediss://me:secret@cache.example.com:6380/2' },
  );
  expect(stateKeys.map((key) => Buffer.from(key).toString('hex'))).toEqual([one, other]);
  expect(store).toBe('rediss://me:secret@cache.example.com:6380/2');
  expect(resolve({ store: 'redis+cluster://a:1,b:2' }).store).toBe('redis+cluster://a:1,b:2');
  const refusals = [
    () => resolve({}, { GATEWAY_STATE_KEY: `${one},secret` }),
    () => resolve({}, { GATEWAY_STORE: 'http://:secret@host' }),
    () => resolve({ store: 'redis://:secret@host' }),
  ];
  for (const refusal of refusals) {
    expect(refusal).toThrow(expect.objectContaining({ code: USAGE, message: expect.not.stringContaining('secret@') }));
    expect(refusal).toThrow(
      /GATEWAY_STATE_KEY takes|GATEWAY_STORE takes an address|without a password: set GATEWAY_STORE/,
    );
  }
});
