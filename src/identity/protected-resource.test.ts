import { expect, it } from 'vitest';
import { protectedResource } from './protected-resource.ts';
import { snapshotOf } from './testing.ts';

const jwt = (audience: string, more: object = {}) => ({
  jwt: { issuer: 'https://id.example.com', audience, jwks_uri: 'https://id.example.com/keys', ...more },
  may_assume: ['*'],
});

it('exists only where a principal has an issuer', () => {
  const token = { token_sha256: 'a'.repeat(64), may_assume: ['*'] };
  expect(protectedResource(snapshotOf({ agents: {} }), 'x')).toBeUndefined();
  expect(protectedResource(snapshotOf({ agents: {}, principals: { token } }), 'x')).toBeUndefined();
});

it('is at the audience, and names issuers and scopes once', () => {
  const snapshot = snapshotOf({
    agents: { dev: {} },
    principals: {
      one: jwt('https://gw.example.com/mcp', { scopes: { read: ['*'], write: ['dev'] } }),
      two: jwt('other', { scopes: { read: ['*'] } }),
    },
  });
  expect(protectedResource(snapshot, '127.0.0.1:8000')).toEqual({
    metadataUrl: 'https://gw.example.com/.well-known/oauth-protected-resource/mcp',
    scopes: ['read', 'write'],
    metadata: {
      resource: 'https://gw.example.com/mcp',
      authorization_servers: ['https://id.example.com'],
      bearer_methods_supported: ['header'],
      resource_name: 'agent-mcp-gateway',
      scopes_supported: ['read', 'write'],
    },
  });
});

it('is where it was asked for if the audience is no URL', () => {
  const snapshot = snapshotOf({ agents: {}, principals: { one: jwt('api://gateway') } });
  const found = protectedResource(snapshot, '127.0.0.1:8000');
  expect(found?.metadata['resource']).toBe('http://127.0.0.1:8000/mcp');
  expect(found?.metadataUrl).toBe('http://127.0.0.1:8000/.well-known/oauth-protected-resource/mcp');
});
