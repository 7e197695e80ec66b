import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it } from 'vitest';
import { secureContextFor } from './ca-certificates.ts';

const AUTHORITY = fileURLToPath(new URL('../fixtures/tls/authority.pem', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'gateway-ca-'));
afterAll(() => rmSync(dir, { recursive: true }));

it('is Node’s own way where nothing names authorities', () => {
  expect(secureContextFor(undefined, { NODE_EXTRA_CA_CERTS: AUTHORITY })).toBeUndefined();
});

it('is made once for the same files, and again once one has changed', () => {
  const file = join(dir, 'authority.pem');
  copyFileSync(AUTHORITY, file);
  const env = { SSL_CERT_FILE: file };
  const first = secureContextFor(undefined, env);
  expect(first).toBeDefined();
  expect(secureContextFor(undefined, env)).toBe(first);
  expect(secureContextFor(AUTHORITY, env)).not.toBe(first);
  expect(secureContextFor(undefined, { ...env, NODE_EXTRA_CA_CERTS: AUTHORITY })).not.toBe(first);

  writeFileSync(file, `# Of the house\n${readFileSync(AUTHORITY, 'utf8')}`);
  const second = secureContextFor(undefined, env);
  expect(second).not.toBe(first);
  expect(secureContextFor(undefined, env)).toBe(second);

  writeFileSync(file, 'none');
  expect(() => secureContextFor(undefined, env)).toThrow('holds no certificate in PEM');
  rmSync(file);
  expect(() => secureContextFor(undefined, env)).toThrow('cannot be read (ENOENT)');
});
