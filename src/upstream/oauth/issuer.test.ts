import { expect, test } from 'vitest';
import { isSameIssuer } from './issuer.ts';
import { isSameSite } from './registrable-domain.ts';

test.each([
  ['https://id.example.com', 'https://id.example.com/', true],
  ['http://127.0.0.1:4000/', 'http://127.0.0.1:4000', true],
  ['https://id.example.com', 'https://id.example.com', true],
  ['https://id.example.com/tenant', 'https://id.example.com/tenant/', false],
  ['https://id.example.com', 'https://id.example.com//', false],
  ['https://id.example.com', 'https://id.example.com/?', false],
  ['https://id.example.com', 'https://ID.example.com', false],
  ['https://id.example.com', 'https://id.example.com:443', false],
  ['https://id.example.com', 'http://id.example.com', false],
])('%s and %s are one issuer: %s', (one, other, expected) => {
  expect(isSameIssuer(one, other)).toBe(expected);
  expect(isSameIssuer(other, one)).toBe(expected);
});

test.each([
  ['https://mcp.example.com/mcp', 'https://auth.example.com', true],
  ['https://example.com', 'https://a.b.example.com:8443', true],
  ['https://mcp.example.co.uk', 'https://login.example.co.uk', true],
  ['https://a.co.uk', 'https://b.co.uk', false],
  ['https://bank.vercel.app', 'https://evil.vercel.app', false],
  ['https://one.github.io', 'https://two.github.io', false],
  ['https://mcp.example.com', 'https://example.org', false],
  ['https://mcp.example.com', 'https://example.com.evil.net', false],
  ['https://mcp.example.com', 'https://tenant.eu.auth0.com/', false],
  ['http://127.0.0.1:1', 'http://localhost:2', true],
  ['http://127.0.0.1:1', 'http://[::1]:2', true],
  ['https://10.0.0.1', 'https://10.0.0.1:8443', true],
  ['https://10.0.0.1', 'https://10.0.0.2', false],
  ['https://intranet', 'https://other', false],
  ['https://mcp.example.com', 'no address', false],
])('%s and %s belong together: %s', (one, other, expected) => {
  expect(isSameSite(one, other)).toBe(expected);
});
