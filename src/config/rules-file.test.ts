import { expect, test } from 'vitest';
import * as schema from './file-schemas.ts';
import { parseDocument } from './json-document.ts';
import { readRules } from './rules-file.ts';

function read(file: unknown) {
  const parsed = parseDocument('rules', Buffer.from(typeof file === 'string' ? file : JSON.stringify(file, null, 1)));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return readRules(parsed.document, schema);
}

const HASH = 'a'.repeat(64);
const JWT = {
  issuer: 'https://id.example.com',
  audience: 'https://gw.example.com/mcp',
  jwks_uri: 'http://127.0.0.1:9/keys',
};
const agents = { dev: {}, 'team.one': {}, 'team.two': {} };
const withPrincipals = (principals: unknown) => read({ agents, principals });
const messages = (file: unknown) => read(file).problems.map((problem) => problem.message);

test('a complete file is read, nothing is lost', () => {
  const dev = {
    allow: { servers: ['a', 'b*'], tools: { 'b*': ['x?', '[!a]'], c: [] } },
    deny: { servers: [], tools: { '*': ['delete_*'] } },
  };
  const defaults = { deny_on_missing_agent: true, explain_denials: false };
  const result = read({ $schema: './rules.schema.json', agents: { dev, empty: {} }, defaults });
  expect(result.problems).toEqual([]);
  expect(JSON.parse(JSON.stringify(result.rules))).toEqual({ agents: { dev, empty: {} }, defaults });
  expect(result.principals).toBeUndefined();
});

test('agents named like members of Object are ordinary agents', () => {
  const result = read('{"agents": {"__proto__": {"deny": {"servers": ["*"]}}, "constructor": {}, "toString": {}}}');
  expect(Object.keys(result.rules?.agents ?? {})).toEqual(['__proto__', 'constructor', 'toString']);
  expect(Object.values(result.rules?.agents ?? {})[0]).toEqual({ deny: { servers: ['*'] } });
  expect(result.rules?.agents['valueOf']).toBeUndefined();
});

test.each<[string, string, string]>([
  ['{"agents": {"x": {"denny": {}}}}', '"agents.x.denny" is not a known key', 'Did you mean "deny"?'],
  ['{"agents": {"x": {"allow": {"server": []}}}}', '"agents.x.allow.server" is not a known key', '"servers"'],
  ['{"agents": {}, "default": {}}', '"default" is not a known key', '"defaults"'],
  ['{"agents": {}, "defaults": {"explain": true}}', '"defaults.explain" is not a known key', 'explain_denials'],
  ['{"agents": {"x": {"__proto__": {}}}}', '"agents.x.__proto__" is not a known key', 'allow, ask, approved, deny'],
  ['{"agents": {}, "limits": {}}', '"limits" is not a known key', 'Known keys here'],
  [
    '{"agents": {}, "principals": {"p": {"jtw": {}, "may_assume": []}}}',
    '"principals.p.jtw" is not a known key',
    'jwt',
  ],
])('D4: the unknown key in %s is an error with its place and the nearest known key', (text, message, fix) => {
  const { rules, problems } = read(text);
  expect(rules).toBeUndefined();
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({ severity: 'error', line: 1, message });
  expect(problems[0]?.fix).toContain(fix);
});

test('D4: every unknown key is reported, at its own line and column', () => {
  const { problems } = read('{\n "agents": {\n  "x": { "alow": {},\n   "denny": {} }\n }\n}');
  expect(problems.map(({ line, column }) => [line, column])).toEqual([
    [3, 10],
    [4, 4],
  ]);
});

test.each<[unknown, string]>([
  [[], 'The file must be an object in { }'],
  [{}, '"agents" is missing'],
  [{ agents: [] }, '"agents" must be an object in { }'],
  [{ agents: { x: null } }, '"agents.x" must be an object in { }'],
  [{ agents: { 'a b': {} } }, '"agents.a b" is not an agent id'],
  [{ agents: { '': {} } }, '"agents." is not an agent id'],
  [{ agents: { x: { allow: { servers: 'a' } } } }, '"agents.x.allow.servers" must be a list in [ ]'],
  [{ agents: { x: { allow: { servers: [1] } } } }, '"agents.x.allow.servers[0]" must be a text in double quotes'],
  [{ agents: { x: { deny: { tools: [] } } } }, '"agents.x.deny.tools" must be an object in { }'],
  [{ agents: { x: { deny: { tools: { a: 'b' } } } } }, '"agents.x.deny.tools.a" must be a list in [ ]'],
  [{ agents: { x: { deny: { servers: [''] } } } }, '"agents.x.deny.servers[0]" is empty and matches no name'],
  [{ agents: { a: { budget: { per: 'day' } } } }, '"agents.a.budget" bounds nothing'],
  [
    { agents: { a: { budget: { calls: 5, per: 'year' } } } },
    '"agents.a.budget.per" must be one of "hour", "day", "week", "month"',
  ],
  [
    { agents: {}, defaults: { deny_on_missing_agent: 'yes' } },
    '"defaults.deny_on_missing_agent" must be true or false',
  ],
  [{ $schema: 1, agents: {} }, '"$schema" must be a text in double quotes'],
  [{ agents: { x: { enforce: 'Shadow' } } }, '"agents.x.enforce" must be "shadow", or not be there'],
  [{ agents: { x: { enforce: 'shadow ' } } }, '"agents.x.enforce" must be "shadow", or not be there'],
  [{ agents: { x: { enforce: false } } }, '"agents.x.enforce" must be a text in double quotes'],
  [{ agents: { x: { enforced: 'shadow' } } }, '"agents.x.enforced" is not a known key'],
  [{ agents: {}, defaults: { enforce: 'shadow' } }, '"defaults.enforce" is not a known key'],
])('%j is refused', (file, message) => {
  expect(messages(file)).toEqual([message]);
});

test('patterns have at most 256 characters, keys of tools too', () => {
  const long = '𝒳'.repeat(257);
  const access = { servers: ['𝒳'.repeat(256), long], tools: { [long]: [long] } };
  const { problems } = read({ agents: { x: { allow: access } } });
  expect(problems).toHaveLength(3);
  expect(problems.every((problem) => problem.message.includes('257 characters'))).toBe(true);
});

test('principals are read', () => {
  const { principals, problems } = withPrincipals({
    local: { stdio: true, default: 'dev', may_assume: ['*'] },
    ci: { token_sha256: HASH, may_assume: ['team.*'] },
  });
  expect(problems).toEqual([]);
  expect([...(principals?.values() ?? [])]).toEqual([
    {
      name: 'local',
      stdio: true,
      tokenSha256: undefined,
      hook: false,
      operator: false,
      defaultAgent: 'dev',
      mayAssume: ['*'],
    },
    {
      name: 'ci',
      stdio: false,
      tokenSha256: HASH,
      hook: false,
      operator: false,
      defaultAgent: undefined,
      mayAssume: ['team.*'],
    },
  ]);
});

test.each<[unknown, string]>([
  [{ p: { may_assume: ['dev'] } }, 'has no credential'],
  [{ p: { stdio: true, token_sha256: HASH, may_assume: ['dev'] } }, 'has two credentials'],
  [{ p: { stdio: false, may_assume: ['dev'] } }, 'must be true'],
  [{ p: { stdio: true } }, '"principals.p.may_assume" is missing'],
  [{ p: { token_sha256: HASH.toUpperCase(), may_assume: ['dev'] } }, 'is not a SHA-256'],
  [{ p: { token_sha256: 'a'.repeat(63), may_assume: ['dev'] } }, 'is not a SHA-256'],
  [{ p: { stdio: true, default: 'nobody', may_assume: ['*'] } }, 'which is not an agent'],
  [{ p: { stdio: true, default: 'dev', may_assume: ['team.*'] } }, '"may_assume" does not match'],
  [{ '': { stdio: true, may_assume: ['*'] } }, 'has no name'],
  [{ 'team/alice': { stdio: true, may_assume: ['*'] } }, 'has a "/" in its name'],
  [{ a: { stdio: true, may_assume: ['*'] }, b: { stdio: true, may_assume: ['*'] } }, 'both claim stdio'],
  [
    { a: { token_sha256: HASH, may_assume: ['*'] }, b: { token_sha256: HASH, may_assume: ['dev'] } },
    'and "a" have the same token',
  ],
  [{ p: { stdio: true, expires: '2999-01-01T00:00:00Z', may_assume: ['*'] } }, 'has a date of expiry, but no token'],
  [{ p: { token_sha256: HASH, expires: 'tomorrow', may_assume: ['*'] } }, 'is not a date and time'],
  [{ p: { stdio: true, may_assume: ['*'], ceiling: 'nobody' } }, 'has the ceiling "nobody", which is not an agent'],
  [{ p: { stdio: true, jwt: JWT, may_assume: ['*'] } }, 'has two credentials'],
  [{ a: { jwt: JWT, may_assume: ['*'] }, b: { jwt: JWT, may_assume: ['*'] } }, 'and "a" have the same issuer and aud'],
  [{ p: { jwt: { ...JWT, issuer: 'http://id.example.com' }, may_assume: ['*'] } }, 'issuer" is not an https URL'],
  [{ p: { jwt: { ...JWT, jwks_uri: 'https://u:p@id.example.com/' }, may_assume: ['*'] } }, 'jwks_uri" has a user'],
  [{ p: { jwt: { ...JWT, jwks_uri: 'file:///keys.json' }, may_assume: ['*'] } }, 'jwks_uri" is not an https URL'],
  [{ p: { jwt: { ...JWT, audience: '' }, may_assume: ['*'] } }, 'audience" is empty'],
  [
    { p: { jwt: { ...JWT, scopes: { 'a b': ['dev'] } }, may_assume: ['*'] } },
    '"principals.p.jwt.scopes.a b" is not a scope',
  ],
  [{ p: { jwt: { issuer: JWT.issuer }, may_assume: ['*'] } }, 'audience" is missing'],
  [{ p: { stdio: true, may_assume: ['*'], limits: { calls_per_minute: 0 } } }, 'calls_per_minute" is out of range'],
])('principals %j are refused', (principals, message) => {
  const { rules, problems } = withPrincipals(principals);
  expect(rules).toBeUndefined();
  expect(problems.map((problem) => problem.severity)).toContain('error');
  expect(problems[0]?.message).toContain(message);
});

test('limits, assurance, ceilings and issuers are read', () => {
  const limits = { calls_per_minute: 60, concurrent_calls: 4, bytes_per_hour: 1_000_000 };
  const { agentTerms, principals, problems } = read({
    agents: { dev: { min_assurance: 'token', limits }, other: {} },
    principals: {
      ci: { token_sha256: HASH, expires: '2999-01-01T00:00:00Z', may_assume: ['*'], ceiling: 'dev', limits },
      team: { jwt: { ...JWT, agent_claim: 'agent', scopes: { read: ['dev'] } }, may_assume: ['*'] },
    },
  });
  expect(problems).toEqual([]);
  const expected = { callsPerMinute: 60, concurrentCalls: 4, bytesPerHour: 1_000_000 };
  expect([...agentTerms]).toEqual([['dev', { minAssurance: 'token', limits: expected }]]);
  expect(principals?.get('ci')).toMatchObject({ ceiling: 'dev', limits: expected, expiresAt: 32_472_144_000_000 });
  expect(principals?.get('team')?.jwt).toEqual({
    issuer: JWT.issuer,
    audience: JWT.audience,
    jwksUri: JWT.jwks_uri,
    agentClaim: 'agent',
    scopes: new Map([['read', ['dev']]]),
  });
});

test('an expired token and a scope that matches no agent are warnings', () => {
  const { rules, problems } = withPrincipals({
    old: { token_sha256: HASH, expires: '2020-01-01T00:00:00Z', may_assume: ['dev'] },
    team: { jwt: { ...JWT, scopes: { write: ['nobody'] } }, may_assume: ['dev'] },
  });
  expect(rules).toBeDefined();
  expect(problems.map(({ severity, message }) => `${severity} ${message}`)).toEqual([
    'warning Principal "old" has a token that has expired',
    'warning Principal "team" may assume "nobody", which matches no agent',
  ]);
});

test('a may_assume pattern that matches no agent is a warning at its place', () => {
  const { rules, problems } = withPrincipals({ p: { stdio: true, may_assume: ['dev', 'taem.*'] } });
  expect(rules).toBeDefined();
  expect(problems).toMatchObject([{ severity: 'warning', line: 12 }]);
  expect(problems[0]?.message).toContain('"taem.*", which matches no agent');
});

test('no message repeats a token hash', () => {
  const wrong = `${'b'.repeat(63)}X`;
  const { problems } = withPrincipals({ p: { token_sha256: wrong, may_assume: ['*'] } });
  expect(JSON.stringify(problems)).not.toContain('bbbb');
});
