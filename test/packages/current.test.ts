/** What `packaging/` says: it is what the program says, and what the formats allow. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { root } from '../support/paths.ts';

const file = (name: string): string => path.join(root, name);
const text = (name: string): string => readFileSync(file(name), 'utf8');
const json = (name: string) => JSON.parse(text(name));
const { version, mcpName } = json('package.json') as { version: string; mcpName: string };

function run(command: string, ...args: string[]) {
  const env = { PATH: process.env.PATH ?? '', HOME: os.tmpdir(), LC_ALL: 'C.UTF-8', MANWIDTH: '80' };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, env, encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
}

const has = (command: string): boolean => spawnSync(command, ['--version']).error === undefined;

it('is what the script writes', () => {
  expect(run(process.execPath, 'scripts/packaging.mjs', '--check')).toEqual({ status: 0, output: '' });
});

describe('server.json', () => {
  /** The rules of the registry's schema of 2025-12-11, as far as they concern what we write. */
  const variable = z.strictObject({
    name: z.string(),
    description: z.string(),
    default: z.string().optional(),
    format: z.enum(['string', 'number', 'boolean', 'filepath']).optional(),
    isRequired: z.boolean(),
  });
  const npm = z.strictObject({
    registryType: z.literal('npm'),
    registryBaseUrl: z.literal('https://registry.npmjs.org'),
    identifier: z.literal('agent-mcp-gateway'),
    version: z.literal(version),
    runtimeHint: z.literal('npx'),
    transport: z.strictObject({ type: z.literal('stdio') }),
    environmentVariables: z.array(variable),
  });
  const entry = z.strictObject({
    $schema: z.literal('https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json'),
    name: z
      .string()
      .max(200)
      .regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/),
    title: z.string().min(1).max(100),
    description: z.string().min(1).max(100),
    version: z.string().max(255),
    websiteUrl: z.url(),
    packages: z.array(npm).length(1),
  });

  it('keeps the rules of the registry', () => {
    const { name, ...rest } = entry.parse(json('packaging/mcp-registry/server.json'));
    expect(name).toBe(mcpName);
    expect(rest.version).toBe(version);
  });
});

it('names only variables that the program reads', () => {
  const read = new Set([...text('src/config/settings.ts').matchAll(/(?<!_)GATEWAY_[A-Z_]+/g)].map(([name]) => name));
  const told = [
    'docker/Dockerfile',
    'docker/compose.yaml',
    'mcpb/manifest.json',
    'mcp-registry/server.json',
    'man/agent-mcp-gateway.1',
  ];
  for (const name of told) {
    const named = [...text(`packaging/${name}`).matchAll(/(?<![A-Z_])GATEWAY_[A-Z_]+/g)].map(([found]) => found);
    expect(
      named.filter((found) => !read.has(found)),
      name,
    ).toEqual([]);
  }
  // And the manual page names all of them.
  const manual = text('packaging/man/agent-mcp-gateway.1');
  expect([...read].filter((name) => !manual.includes(`.B ${name}`))).toEqual([]);
});

it('has a plugin and a bundle of this version', () => {
  const { mcpServers, ...plugin } = json('packaging/claude-plugin/.claude-plugin/plugin.json');
  expect(plugin.version).toBe(version);
  expect(mcpServers.gateway.args.at(-1)).toBe(`agent-mcp-gateway@${version}`);
  expect(json('packaging/mcpb/manifest.json').version).toBe(version);
  expect(json('.claude-plugin/marketplace.json').plugins[0].source).toBe('./packaging/claude-plugin');
});

it.skipIf(!has('mandoc'))('has a manual page that mandoc finds nothing in', () => {
  expect(run('mandoc', '-Tlint', '-Wall', 'packaging/man/agent-mcp-gateway.1')).toEqual({ status: 0, output: '' });
});

it.skipIf(!has('man'))('has a manual page that man shows without warnings', () => {
  const { stdout, stderr } = spawnSync('man', ['--warnings', '-l', file('packaging/man/agent-mcp-gateway.1')], {
    env: { PATH: process.env.PATH ?? '', LC_ALL: 'C.UTF-8', MANWIDTH: '80', MANPAGER: 'cat' },
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  expect(stdout).toContain('ENVIRONMENT');
});

it.skipIf(!has('ruby'))('has a formula that is Ruby', () => {
  expect(run('ruby', '-wc', 'packaging/homebrew/agent-mcp-gateway.rb').output).toBe('Syntax OK\n');
});

it.skipIf(!has('systemd-analyze'))('has a unit that systemd accepts, and finds little to say against', () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'unit-'));
  try {
    // The program is not installed here, and whether it is there is all that is looked at.
    const unit = path.join(folder, 'agent-mcp-gateway.service');
    writeFileSync(
      unit,
      text('packaging/systemd/agent-mcp-gateway.service').replace(/^(ExecStart=)\S+/m, '$1/bin/true'),
    );
    expect(run('systemd-analyze', 'verify', '--man=no', unit)).toEqual({ status: 0, output: '' });
    const { status, output } = run('systemd-analyze', 'security', '--offline=true', '--threshold=15', unit);
    expect([status, /level for .*: ([\d.]+)/.exec(output)?.[1]]).toEqual([0, expect.stringMatching(/^[01]\.\d$/)]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
