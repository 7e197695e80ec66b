/** The bundle and the plugin, by the tools of those who take them. Long: the tools come from npm. */
import { rmSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from '../support/paths.ts';
import { answersOverStdio, configureIn, folderFor, isLong, succeed } from './package.ts';

const LIMIT_MS = 600_000;

describe.skipIf(!isLong)('tools of others', () => {
  let folder: string;
  beforeAll(() => {
    folder = folderFor('tools');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const install = async (name: string): Promise<void> => {
    await succeed('npm', ['install', '--prefix', folder, '--no-audit', '--no-fund', '--loglevel=error', name]);
  };

  it(
    'mcpb takes the manifest, packs the bundle, and what it unpacks answers a call',
    async () => {
      await install('@anthropic-ai/mcpb@2.1.2');
      const mcpb = path.join(folder, 'node_modules/.bin/mcpb');
      const bundle = path.join(folder, 'gateway.mcpb');
      const unpacked = path.join(folder, 'unpacked');
      const { stageBundle } = await import(path.join(root, 'scripts/packaging/release.mjs'));
      const stage = stageBundle();
      try {
        await succeed(mcpb, ['validate', path.join(stage, 'manifest.json')]);
        await succeed(mcpb, ['pack', stage, bundle]);
      } finally {
        rmSync(stage, { recursive: true });
      }
      await succeed(mcpb, ['unpack', bundle, unpacked]);
      const program = path.join(unpacked, 'server/main.js');
      configureIn(folder, process.execPath, [program]);
      const env = {
        PATH: process.env.PATH ?? '',
        HOME: folder,
        GATEWAY_MCP_CONFIG: path.join(folder, 'mcp.json'),
        GATEWAY_RULES: path.join(folder, 'rules.json'),
      };
      await answersOverStdio(process.execPath, [program], env);
    },
    LIMIT_MS,
  );

  it(
    'Claude Code takes the plugin and the marketplace',
    async () => {
      await install('@anthropic-ai/claude-code');
      const env = { PATH: process.env.PATH ?? '', HOME: folder, CI: 'true' };
      const claude = (...args: string[]) =>
        succeed(path.join(folder, 'node_modules/.bin/claude'), ['plugin', ...args], { env, cwd: folder });
      expect((await claude('validate', '--strict', path.join(root, 'packaging/claude-plugin'))).stdout).toContain(
        'passed',
      );
      expect((await claude('validate', '--strict', root)).stdout).toContain('passed');
      await claude('marketplace', 'add', root);
      await claude('install', 'agent-mcp-gateway@agent-mcp-gateway');
      expect((await claude('list')).stdout).toContain('agent-mcp-gateway@agent-mcp-gateway');
    },
    LIMIT_MS,
  );
});
