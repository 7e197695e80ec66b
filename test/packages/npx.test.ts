/** The packed package through `npx`, without a network, on every Node that it is for. Long: it installs those from npm. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configureIn, folderFor, isLong, packInto, succeed } from './package.ts';

const LIMIT_MS = 600_000;
const MAJORS = [20, 22, 24, 26];

describe.skipIf(!isLong)('npx', () => {
  let folder: string;
  let tarball: string;
  let npx: string;
  beforeAll(async () => {
    folder = folderFor('npx');
    tarball = await packInto(folder);
    const { stdout } = await succeed('npm', ['root', '--global']);
    npx = path.join(stdout.trim(), 'npm/bin/npx-cli.js');
  }, LIMIT_MS);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(MAJORS)(
    'runs on Node %i',
    async (major) => {
      const prefix = path.join(folder, `node${major}`);
      await succeed('npm', ['install', '--prefix', prefix, '--no-audit', '--no-fund', `node@${major}`]);
      const bin = path.join(prefix, 'node_modules/node/bin');
      const home = folderFor('home');
      const env = {
        PATH: `${bin}:/usr/bin:/bin`,
        HOME: home,
        NO_COLOR: '1',
        GATEWAY_KEYCHAIN: '0',
        // Nothing listens there, and nothing may be asked for.
        npm_config_registry: 'http://127.0.0.1:9',
        npm_config_offline: 'true',
        npm_config_update_notifier: 'false',
      };
      const inPackage = (...args: string[]) =>
        succeed(path.join(bin, 'node'), [npx, '--yes', '--package', tarball, 'agent-mcp-gateway', ...args], {
          env,
          cwd: home,
        });
      expect((await succeed(path.join(bin, 'node'), ['--version'], { env })).stdout).toMatch(`v${major}.`);
      expect((await inPackage('--version')).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
      const files = configureIn(home, 'agent-mcp-gateway');
      const called = await inPackage(
        'tools',
        'call',
        'tickets',
        'search_tickets',
        '--args',
        '{"query":"refund"}',
        ...files,
      );
      expect(called.stdout).toContain('Refund has not arrived');
      expect(JSON.parse((await inPackage('demo', '--json')).stdout)).toMatchObject({ servers: 5 });
      rmSync(home, { recursive: true, force: true });
    },
    LIMIT_MS,
  );
});
