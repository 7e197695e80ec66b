/** The stage of the demo: a temporary folder with a configuration, and the gateways that it starts. */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createToken, tokenHash } from '../../identity/generated-token.ts';
import { type Program, scriptOfThisProcess, startProgram } from './gateway-process.ts';
import { rulesText } from './rules.ts';
import { DEMO_SERVERS } from './servers/all.ts';

export interface Stage {
  /** Bearer token of the agent that comes over HTTP. */
  readonly token: string;
  readonly audit: string;
  start(...args: readonly string[]): Program;
  /** Lets `support` read rows of the database, by an edit of the rules file. */
  grantDatabase(): void;
  /** Stops what runs and removes the folder. */
  clear(): Promise<void>;
}

export function setStage(): Stage {
  const folder = mkdtempSync(join(tmpdir(), 'agent-mcp-gateway-demo-'));
  const servers = join(folder, 'servers.json');
  const rules = join(folder, 'rules.json');
  const audit = join(folder, 'audit.jsonl');
  const token = createToken();
  const programs = new Set<Program>();
  let cleared: Promise<void> | undefined;
  const clear = async (): Promise<void> => {
    await Promise.all([...programs].map((program) => program.stop()));
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  writeFileSync(servers, serversText());
  writeFileSync(rules, rulesText(tokenHash(token), { supportReadsRows: false }));
  return {
    token,
    audit,
    start(...args) {
      const files = ['--mcp-config', servers, '--rules', rules, '--audit-log', audit];
      const program = startProgram(['serve', ...args, ...files], folder, environment(folder));
      programs.add(program);
      return program;
    },
    grantDatabase: () => writeFileSync(rules, rulesText(tokenHash(token), { supportReadsRows: true })),
    clear() {
      // Once: a gateway that is told a second time to stop does not wait for its servers.
      cleared ??= clear();
      return cleared;
    },
  };
}

function serversText(): string {
  const entries = DEMO_SERVERS.map(({ name, description }) => [
    name,
    {
      command: process.execPath,
      args: [scriptOfThisProcess(), 'demo-server', name],
      description,
      // Without this the entry would be left out: it starts the program that reads it.
      env: { GATEWAY_ALLOW_NESTED: '1' },
    },
  ]);
  return JSON.stringify({ mcpServers: Object.fromEntries(entries) }, null, 2);
}

/** This process' environment without what would configure a gateway: the demo reads and writes nothing of the user's. */
function environment(folder: string): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(?:GATEWAY_|AGENT_MCP_GATEWAY$)/.test(name));
  return { ...Object.fromEntries(kept), XDG_CONFIG_HOME: folder, XDG_CACHE_HOME: folder };
}
