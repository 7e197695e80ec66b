import { randomBytes, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSecretName, looksSecret, secretsIn, secretsOfArguments, secretsOfUrl } from './secret-values.ts';

const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** A token of some form, put together here so that no scanner takes this file for a leak. */
const made = (...parts: readonly string[]): string => parts.join('');

describe('ordinary values', () => {
  it.each([
    ['MODE', 'server'],
    ['NODE_ENV', 'production'],
    ['DB_USER', 'postgres'],
    ['ACTION', 'delete_record'],
    ['BIN', '/usr/bin'],
    ['FLAG', 'true'],
    ['API_BASE_URL', 'https://api.example.com/v1/projects'],
    ['HOST', 'db.internal.example.com:5432'],
    ['AWS_REGION', 'eu-central-1'],
    ['MODEL', 'claude-3-5-sonnet-20241022'],
    ['IMAGE', 'registry.example.com/team/app:1.20.3-alpine'],
    ['LANG', 'en_US.UTF-8'],
    ['MAX_TOKENS', '4096'],
    ['TOKEN_FILE', '/run/secrets/github'],
    ['GOOGLE_APPLICATION_CREDENTIALS', '/home/me/keys/service-account.json'],
    ['SSH_AUTH_SOCK', '/tmp/ssh-abc/agent.123'],
    ['AUTH_TYPE', 'header'],
    ['AUTH_MODE', 'basic'],
    ['AUTHOR', 'Jane Doe'],
    ['ROLE', 'arn:aws:iam::123456789012:role/reader'],
    ['DATE', '2026-07-28T12:00:00Z'],
    ['FUNCTION', 'getUserAccountInformationById'],
    ['CLASSPATH', '/opt/a/lib/first.jar:/opt/a/lib/second.jar'],
    ['NOTE', 'sort key: name'],
    ['PROGRAM', '/home/me/.npm/_npx/895668676cedbb96/node_modules/.bin/server'],
    ['PROGRAM', '/nix/store/0c3kvd6y1sdp4kl0bjgpmwwqi3v4n8ca-nodejs-22.11.0/bin/node'],
    ['PROGRAM', 'C:\\Users\\me\\cache\\3f786850e387550fdab836ed7e6dc881de23001b\\server.js'],
    ['Accept', 'application/json, text/event-stream'],
    ['User-Agent', 'agent-mcp-gateway/0.3.0 (linux; x64) node/22.11.0'],
  ])('%s=%s', (name, value) => {
    expect(secretsIn(name, value)).toEqual([]);
  });

  it('property: words, dates and paths of any kind are none', () => {
    const word = fc.string({ unit: fc.constantFrom(...letters.slice(0, 26)), minLength: 1, maxLength: 12 });
    const joined = fc
      .tuple(fc.array(word, { minLength: 1, maxLength: 6 }), fc.constantFrom('-', '_', '/', '.', ' '))
      .map(([words, by]) => words.join(by));
    fc.assert(
      fc.property(joined, (value) => {
        expect(looksSecret(value)).toBe(false);
      }),
    );
  });
});

describe('secrets', () => {
  it.each([
    ['DB_PASSWORD', 'hunter2'],
    ['PGPASSWORD', 'correct horse battery'],
    ['API_KEY', 'abc123'],
    ['GITHUB_TOKEN', 'x'.repeat(8)],
    ['Authorization', 'Bearer abcd'],
    ['X-Api-Key', 'k-17'],
    ['clientSecret', 'some words'],
    ['ANYTHING', made('ghp_', 'a1B2'.repeat(9))],
    ['ANYTHING', made('xox', 'b-1234567890-abcdefghij')],
    ['ANYTHING', made('AK', 'IA', 'IOSFODNN7EXAMPLE')],
    ['ANYTHING', made('eyJ', 'hbGciOiJIUzI1NiJ9.', 'eyJzdWIiOiIxMjM0In0.c2ln')],
    ['ANYTHING', made('sk-', 'ant-api03-', 'Ab1Cd2Ef3Gh4Ij5Kl6')],
    ['ANYTHING', '3f786850e387550fdab836ed7e6dc881de23001b'],
    ['ANYTHING', '8f14e45f-ceea-467f-a1d2-91b50e7f6f2c'],
    ['ANYTHING', made('/hooks/services/T00/', 'xox', 'b-1234567890-abcdefghij')],
    ['ANYTHING', '/services/hook/wJalrXUtnFEMIK7MDENGbPxRfiCY'],
    ['ANYTHING', 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY7'],
  ])('%s: all of the value', (name, value) => {
    expect(secretsIn(name, value)).toContain(value);
  });

  it('property: random bytes are found in hex and base64, whatever they are called', () => {
    const texts = Array.from({ length: 500 }, () => randomBytes(24)).flatMap((bytes) => [
      bytes.toString('hex'),
      bytes.toString('base64'),
      randomUUID(),
    ]);
    // Chance can also look like words.
    expect(texts.filter((text) => !looksSecret(text)).length).toBeLessThan(8);
  });

  it('only what is secret in a URL, JSON, a connection string or a header', () => {
    expect(secretsIn('DATABASE_URL', 'postgres://app:p%40ss@db:5432/main')).toEqual(['p%40ss', 'p@ss']);
    expect(secretsIn('MONGO', 'mongodb://u:s3cret@a:27017,b:27017/db')).toContain('s3cret');
    expect(secretsIn('JDBC', 'jdbc:postgresql://h/db?user=u&password=geheim')).toEqual(['geheim']);
    expect(secretsIn('CONN', 'Server=db;User Id=sa;Password=geheim;Encrypt=true')).toEqual(['geheim']);
    expect(secretsIn('HEADERS', '{"Authorization":"Bearer abcde","Accept":"text/html"}')).toEqual([
      'Bearer abcde',
      'abcde',
    ]);
    expect(secretsIn('HEADER', 'Authorization: Bearer abcde')).toContain('abcde');
    expect(secretsIn('Authorization', `Basic ${Buffer.from('me:geheim').toString('base64')}`)).toContain('geheim');
    expect(secretsOfUrl('https://me:pw-1@h/?api_key=q-1&page=7')).toEqual(['pw-1', 'q-1']);
    expect(secretsOfUrl('https://hooks.example.com/services/T00000000/Zx8Kq1LmN4pR7tVw2YbC')).toEqual([
      'Zx8Kq1LmN4pR7tVw2YbC',
    ]);
    expect(secretsOfUrl('https://geheim1@git.example.com/')).toEqual(['geheim1']);
  });

  it('what flags of a command carry', () => {
    const args = [
      '-y',
      'mcp-remote@1.2.3',
      '--header',
      'Authorization: Bearer abcde',
      '--api-key=k-17',
      '--token',
      't-1',
    ];
    const found = secretsOfArguments([...args, '--port', '8080', '/home/me/project', '--verbose']);
    expect(new Set(found)).toEqual(new Set(['abcde', 'Bearer abcde', 'k-17', 't-1']));
  });

  it.each(['KEY_ID', 'SECRET_NAME', 'TOKEN_URL', 'MAX_TOKENS', 'KEYBOARD', 'AUTHOR', 'PASSWORD_FILE'])(
    '%s is about one',
    (name) => expect(isSecretName(name)).toBe(false),
  );
});
