/** What is secret is replaced wherever the gateway writes; what is not, and its own words and names, never are. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { expect, it } from 'vitest';
import { auditRecords, servers, withPrincipals } from '../support/home.ts';
import { CORNERS, open, overMatrix } from '../support/matrix.ts';
import { fixturePath } from '../support/paths.ts';
import { execute, executeText, getTools } from '../support/tools.ts';

/** Values that are words of the gateway, names, or ordinary ones. */
const PLAIN = {
  MODE: 'server',
  A: 'decision',
  B: 'timestamp',
  C: 'execute_tool',
  D: 'ALLOW',
  E: 'implicit_grant',
  DB_USER: 'calc',
  ACTION: 'label',
  NODE_ENV: 'production',
  BIN: '/usr/bin',
  // Weak passwords that are words: half a name is never hidden.
  DB_PASSWORD: 'label',
  OTHER_PASSWORD: 'researcher',
  THIRD_SECRET: 'finished',
};
const SECRETS = {
  API_TOKEN: 'tok-5f9c1d',
  SHORT_PASSWORD: 'x7Q!',
  DATABASE_URL: 'postgres://app:geheim-12@db:5432/main',
  ANY_NAME: '9c1185a5c5e9fc54612808977ee8f548b2258d31',
};
const HIDDEN = ['tok-5f9c1d', 'x7Q!', 'geheim-12', SECRETS.ANY_NAME, Buffer.from('tok-5f9c1d').toString('base64')];

overMatrix(CORNERS, (kind) => {
  it('in the audit: names and keys stay, secrets go', async () => {
    const calc = { command: process.execPath, args: [fixturePath('calc')], env: { ...PLAIN, ...SECRETS } };
    const front = await open(kind, {
      servers: servers({ calc }),
      rules: withPrincipals({ researcher: { allow: { servers: ['calc'] } } }),
    });
    await getTools(front.rpc, { server: 'calc', agent_id: 'researcher' });
    await executeText(front.rpc, { server: 'calc', tool: 'add', args: { a: 1, b: 2 }, agent_id: 'researcher' });
    await execute(front.rpc, { server: 'calc', tool: 'label', args: { label: 1 }, agent_id: 'researcher' });
    for (const hidden of HIDDEN) {
      await execute(front.rpc, { server: 'calc', tool: hidden, args: { [hidden]: 1 }, agent_id: 'researcher' });
    }
    const records = auditRecords(front.home).filter(({ operation }) => operation === 'execute_tool');
    for (const record of records) {
      expect(record).toMatchObject({ server: 'calc', agent_id: 'researcher', claimed_agent: 'researcher' });
      expect(['decided', 'finished']).toContain(record['phase']);
      expect(record['timestamp']).toMatch(/^\d{4}-/);
    }
    expect(records.map(({ tool }) => tool)).toEqual(expect.arrayContaining(['add', 'label', '[redacted]']));
    const text = readFileSync(front.home.audit, 'utf8') + front.running.stderr();
    for (const hidden of HIDDEN) expect(text).not.toContain(hidden);
    expect(text).not.toContain('"[redacted]":');
    await front.stop();
  });
});
