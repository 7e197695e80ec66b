import { createHmac } from 'node:crypto';
import { exportJWK, exportSPKI, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Authentication } from './authentication.ts';
import { createJwtVerifier } from './jwt.ts';
import { snapshotOf } from './testing.ts';

const ISSUER = 'https://id.example.com';
const AUDIENCE = 'https://gw.example.com/mcp';
const NOW = 1_800_000_000;
const KEYS = 'https://id.example.com/keys';

type Algorithm = 'RS256' | 'ES256' | 'EdDSA' | 'PS256';
const signers = new Map<string, Awaited<ReturnType<typeof generateKeyPair>>['privateKey']>();
const jwks: JWK[] = [];
let rsaPem = '';

beforeAll(async () => {
  for (const alg of ['RS256', 'ES256', 'EdDSA', 'PS256'] as const) {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    signers.set(alg, privateKey);
    jwks.push({ ...(await exportJWK(publicKey)), kid: alg, alg });
    if (alg === 'RS256') rsaPem = await exportSPKI(publicKey);
  }
  // A key that no issuer publishes.
  signers.set('other', (await generateKeyPair('RS256')).privateKey);
});

const GOOD: JWTPayload = { iss: ISSUER, aud: AUDIENCE, sub: 'alice', iat: NOW, exp: NOW + 600 };

interface Recipe {
  readonly claims?: JWTPayload;
  readonly alg?: Algorithm;
  readonly header?: Record<string, unknown>;
  readonly key?: string;
}

function sign({ claims = {}, alg = 'RS256', header = {}, key = alg }: Recipe): Promise<string> {
  const payload = Object.entries({ ...GOOD, ...claims }).filter(([, value]) => value !== undefined);
  const signer = signers.get(key);
  if (signer === undefined) throw new Error(key);
  return new SignJWT(Object.fromEntries(payload)).setProtectedHeader({ alg, kid: alg, ...header }).sign(signer);
}

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

function verifier(team: object = {}, jwt: object = {}) {
  const fetched: string[] = [];
  const snapshot = snapshotOf({
    agents: { 'team.a': {}, 'team.b': {}, admin: {} },
    principals: {
      team: { jwt: { issuer: ISSUER, audience: AUDIENCE, jwks_uri: KEYS, ...jwt }, may_assume: ['team.*'], ...team },
    },
  });
  const lines: unknown[] = [];
  const log = {
    debug: (...line: unknown[]) => void lines.push(line),
    warn: (...line: unknown[]) => void lines.push(line),
  };
  const verify = createJwtVerifier({
    log,
    today: () => NOW * 1000,
    now: () => 0,
    fetchKeys: async (uri) => {
      fetched.push(uri);
      return { keys: jwks };
    },
  });
  return { fetched, lines, snapshot, verify: (token: string) => verify(token, snapshot) };
}

const kindOf = (result: Authentication): string | undefined => (result.kind === 'proven' ? 'proven' : result.error);

describe('accepted', () => {
  it.each<[string, Recipe]>([
    ['RS256', {}],
    ['ES256', { alg: 'ES256' }],
    ['EdDSA', { alg: 'EdDSA' }],
    ['one of several audiences', { claims: { aud: ['https://other.example.com', AUDIENCE] } }],
    ['expired 59 s ago', { claims: { exp: NOW - 59 } }],
    ['good in 60 s', { claims: { nbf: NOW + 60 } }],
    ['no subject', { claims: { sub: undefined } as unknown as JWTPayload }],
  ])('%s', async (_name, recipe) => {
    expect(kindOf(await verifier().verify(await sign(recipe)))).toBe('proven');
  });
});

describe('refused', () => {
  it.each<[string, Recipe]>([
    ['wrong issuer', { claims: { iss: 'https://evil.example.com' } }],
    ['issuer with a slash', { claims: { iss: `${ISSUER}/` } }],
    ['no issuer', { claims: { iss: undefined } as unknown as JWTPayload }],
    ['wrong audience', { claims: { aud: 'https://gw.example.com' } }],
    ['no audience', { claims: { aud: undefined } as unknown as JWTPayload }],
    ['no audience among several', { claims: { aud: ['a', 'b'] } }],
    ['expired', { claims: { exp: NOW - 3600 } }],
    ['expired 61 s ago', { claims: { exp: NOW - 61 } }],
    ['no expiry', { claims: { exp: undefined } as unknown as JWTPayload }],
    ['expiry that is text', { claims: { exp: 'never' } as unknown as JWTPayload }],
    ['not yet valid', { claims: { nbf: NOW + 3600 } }],
    ['good in 61 s', { claims: { nbf: NOW + 61 } }],
    ['an algorithm off the list', { alg: 'PS256' }],
    ['a key that the issuer does not publish', { key: 'other' }],
    ["another key's id", { header: { kid: 'ES256' } }],
    ['an unknown key id', { header: { kid: 'nobody' } }],
    ['a path as key id', { header: { kid: '../../../../dev/null' } }],
    ['SQL as key id', { header: { kid: "x' UNION SELECT 'k" } }],
    ['a URL as key id', { header: { kid: 'https://evil.example.com/keys' } }],
    ['a key id that is no text', { header: { kid: { toString: 'RS256' } } }],
    ['its own key in the header', { key: 'other', header: { jwk: { kty: 'RSA', n: 'AQAB', e: 'AQAB' }, kid: 'x' } }],
    [
      'the address of its keys in the header',
      { key: 'other', header: { jku: 'https://evil.example.com/k', kid: 'x' } },
    ],
    ['bound to a key (DPoP)', { claims: { cnf: { jkt: 'thumbprint' } } }],
    ['bound to a certificate', { claims: { cnf: { 'x5t#S256': 'thumbprint' } } }],
    ['a critical header nobody knows', { header: { crit: ['exp2'], exp2: 1 } }],
  ])('%s', async (_name, recipe) => {
    const { verify, fetched, lines } = verifier();
    const token = await sign(recipe).catch(() => undefined);
    // A header that a good library will not write is written by hand.
    const text = token ?? `${encode({ alg: 'RS256', kid: 'RS256', ...recipe.header })}.${encode(GOOD)}.AAAA`;
    expect(kindOf(await verify(text))).toBe('invalid_token');
    expect(fetched.every((uri) => uri === KEYS)).toBe(true);
    for (const part of text.split('.')) if (part.length > 20) expect(JSON.stringify(lines)).not.toContain(part);
  });

  it('"none", in every spelling', async () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
      expect(kindOf(await verifier().verify(`${encode({ alg })}.${encode(GOOD)}.AAAA`))).toBe('invalid_token');
    }
  });

  it('algorithm confusion: the public key as the secret of an HMAC', async () => {
    for (const alg of ['HS256', 'HS512']) {
      for (const secret of [rsaPem, rsaPem.trim(), JSON.stringify(jwks[0])]) {
        const signed = `${encode({ alg, kid: 'RS256', typ: 'JWT' })}.${encode(GOOD)}`;
        const hash = alg === 'HS256' ? 'sha256' : 'sha512';
        const signature = createHmac(hash, secret).update(signed).digest('base64url');
        expect(kindOf(await verifier().verify(`${signed}.${signature}`))).toBe('invalid_token');
      }
    }
  });

  it('a payload that was changed after signing', async () => {
    const [header, , signature] = (await sign({})).split('.');
    expect(kindOf(await verifier().verify(`${header}.${encode({ ...GOOD, sub: 'admin' })}.${signature}`))).toBe(
      'invalid_token',
    );
  });

  it('what is no JWT at all', async () => {
    for (const text of ['a.b.c', '....', `${encode({ alg: 'RS256' })}.${encode([])}.AAAA`, 'é.é.é']) {
      expect(kindOf(await verifier().verify(text))).toBe('invalid_token');
    }
  });
});

describe('what a token grants', () => {
  const grantOf = async (claims: JWTPayload, jwt: object, team: object = {}) => {
    const { verify, snapshot } = verifier(team, jwt);
    const result = await verify(await sign({ claims }));
    if (result.kind !== 'proven') return result.error;
    const principal = result.proof.find(snapshot);
    const agents = snapshot.policy.agents.filter((agent) => principal?.mayAssume(agent));
    return { agents, default: principal?.defaultAgent, sole: principal?.soleAgent, assurance: principal?.assurance };
  };

  it('without claim and scopes: what the principal may assume', async () => {
    expect(await grantOf({}, {})).toMatchObject({ agents: ['team.a', 'team.b'], sole: undefined });
  });

  it('the agent of its claim, which needs no agent_id and is known by JWT', async () => {
    const expected = { agents: ['team.a'], default: 'team.a', sole: 'team.a', assurance: 'jwt' };
    expect(await grantOf({ agent: 'team.a' }, { agent_claim: 'agent' })).toEqual(expected);
  });

  it('several agents of a claim', async () => {
    expect(await grantOf({ agent: ['team.a', 'team.b', 'admin'] }, { agent_claim: 'agent' })).toMatchObject({
      agents: ['team.a', 'team.b'],
      sole: undefined,
      default: undefined,
    });
  });

  it('never more than the principal: a claim for another agent, or without the claim, grants nothing', async () => {
    for (const agent of ['admin', 'nobody', '*', '', 1, null, {}, undefined]) {
      expect(await grantOf({ agent }, { agent_claim: 'agent' }), String(agent)).toBe('insufficient_scope');
    }
  });

  it('the agents of its scopes, in either claim', async () => {
    const scopes = { scopes: { one: ['team.a'], all: ['*'] } };
    expect(await grantOf({ scope: 'openid one' }, scopes)).toMatchObject({ agents: ['team.a'], sole: 'team.a' });
    expect(await grantOf({ scp: ['all'] }, scopes)).toMatchObject({ agents: ['team.a', 'team.b'] });
    expect(await grantOf({ scope: 'two' }, scopes)).toBe('insufficient_scope');
    expect(await grantOf({}, scopes)).toBe('insufficient_scope');
    expect(await grantOf({ scope: '__proto__ constructor' }, scopes)).toBe('insufficient_scope');
  });

  it('two subjects are two callers', async () => {
    const { verify } = verifier();
    const owners = new Set<string>();
    for (const claims of [{ sub: 'a' }, { sub: 'b' }, { sub: undefined, client_id: 'c' }]) {
      const result = await verify(await sign({ claims: claims as JWTPayload }));
      if (result.kind === 'proven') owners.add(result.proof.owner);
    }
    expect(owners.size).toBe(3);
  });

  it('a reload that changes the issuer, or removes the principal, ends what a token proved', async () => {
    const { verify } = verifier();
    const result = await verify(await sign({}));
    if (result.kind !== 'proven') throw new Error(result.error);
    expect(result.proof.find(verifier().snapshot)).toBeDefined();
    expect(result.proof.find(verifier({}, { audience: 'https://else.example.com' }).snapshot)).toBeUndefined();
    expect(result.proof.find(snapshotOf({ agents: { 'team.a': {} } }))).toBeUndefined();
    expect(result.proof.find(snapshotOf({ agents: {}, principals: {} }))).toBeUndefined();
  });
});
