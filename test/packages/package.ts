/** The npm package, packed and put where others would have it. */
import { mkdtempSync, realpathSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { expect } from 'vitest';
import { root } from '../support/paths.ts';
import { runProgram, start } from '../support/process.ts';

/** Tests that take minutes or install from registries: `npm run test:long`. */
export const isLong: boolean = process.env['LONG'] === '1';

export interface Finished {
  readonly stdout: string;
  readonly stderr: string;
}

/** Of this process: proxies and certificates for registries are in it. */
export function environment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

/** Runs a program that has to succeed. */
export async function succeed(
  command: string,
  args: readonly string[],
  options: { readonly env?: Readonly<Record<string, string>>; readonly cwd?: string; readonly input?: string } = {},
): Promise<Finished> {
  const env = options.env ?? environment();
  const { code, ...output } = await runProgram(command, args, { cwd: root, ms: 500_000, ...options, env });
  expect(code, `${command} ${args.join(' ')}\n${output.stdout}\n${output.stderr}`).toBe(0);
  return output;
}

export function folderFor(what: string): string {
  return realpathSync(mkdtempSync(path.join(os.tmpdir(), `${what}-`)));
}

/** @returns the packed file in this folder */
export async function packInto(folder: string): Promise<string> {
  const { stdout } = await succeed('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder]);
  return path.join(folder, stdout.trim());
}

/** A configuration with a server that comes with the program, and an agent that may use part of it. @returns the flags that name it */
export function configureIn(folder: string, command: string, args: readonly string[] = []): readonly string[] {
  const entry = { command, args: [...args, 'demo-server', 'tickets'], env: { GATEWAY_ALLOW_NESTED: '1' } };
  const files = {
    'mcp.json': { mcpServers: { tickets: entry } },
    'rules.json': { agents: { default: { allow: { servers: ['*'] }, deny: { tools: { '*': ['delete_*'] } } } } },
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), JSON.stringify(content));
  return ['--mcp-config', path.join(folder, 'mcp.json'), '--rules', path.join(folder, 'rules.json')];
}

/** What is asked over stdio for one call of the demo's server, as lines of the protocol. */
const ONE_CALL: string = [
  {
    id: 1,
    method: 'initialize',
    params: { protocolVersion: '2025-11-25', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
  },
  { method: 'notifications/initialized' },
  {
    id: 2,
    method: 'tools/call',
    params: {
      name: 'execute_tool',
      arguments: { server: 'tickets', tool: 'search_tickets', args: { query: 'refund' } },
    },
  },
]
  .map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`)
  .join('');

/** Of the answer to that call. */
const ITS_ANSWER = /"id":2,.*Refund has not arrived/;

/** Starts a gateway that serves over stdio with the configuration of `configureIn`, makes that call, and ends it as a client does. */
export async function answersOverStdio(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const running = start(command, args, { env, cwd: root });
  let answers = '';
  const answered = new Promise<void>((resolve) => {
    running.child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      answers += chunk;
      if (answers.includes('"id":2')) resolve();
    });
  });
  running.child.stdin?.write(ONE_CALL);
  await Promise.race([answered, running.exited]);
  running.child.stdin?.end();
  expect(await running.stop(null), running.stderr()).toEqual({ code: 0, signal: null });
  expect(answers, running.stderr()).toMatch(ITS_ANSWER);
}
