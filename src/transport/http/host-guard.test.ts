import { describe, expect, it } from 'vitest';
import { createHostGuard } from './host-guard.ts';

describe('Host (CVE-2025-64443, CVE-2025-66414, CVE-2025-49596)', () => {
  const guard = createHostGuard('127.0.0.1', ['gateway.example.com', 'other.example.com:8443'], []);

  it.each([
    'localhost',
    'localhost:8000',
    'LOCALHOST:8000',
    '127.0.0.1:1',
    '[::1]:8000',
    'gateway.example.com',
    'gateway.example.com:80',
    'other.example.com:8443',
  ])('%s passes', (host) => expect(guard.host(host)).toBe(true));

  it.each([
    undefined,
    '',
    'evil.example',
    'evil.example:8000',
    'localhost.evil.example',
    'evil.example#localhost',
    'localhost@evil.example',
    'other.example.com',
    '127.0.0.1.nip.io',
    '[::1',
    'localhost:8000:80',
  ])('%s is refused', (host) => expect(guard.host(host)).toBe(false));
});

describe('Origin', () => {
  const guard = createHostGuard('127.0.0.1', [], ['https://app.example.com/']);

  it.each([
    [undefined, 'localhost:8000', true],
    ['http://localhost:8000', 'localhost:8000', true],
    ['https://app.example.com', 'localhost:8000', true],
    ['https://APP.example.com', 'localhost:8000', true],
    ['https://app.example.com.evil.example', 'localhost:8000', false],
    ['http://evil.example', 'localhost:8000', false],
    ['http://localhost:9000', 'localhost:8000', false],
    ['null', 'localhost:8000', false],
    ['', 'localhost:8000', false],
  ])('%s at %s: %s', (origin, host, expected) => {
    expect(guard.origin(origin, host)).toBe(expected);
  });

  it("the server's own origin may call, but only listed ones may read across origins", () => {
    expect(guard.shares('http://localhost:8000')).toBe(false);
    expect(guard.shares('https://app.example.com')).toBe(true);
  });
});
