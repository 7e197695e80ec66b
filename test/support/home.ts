import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';

export type Json = Readonly<Record<string, unknown>>;

/** The bearer token that `withPrincipals` lists. */
export const TOKEN: string = randomBytes(32).toString('base64url');

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** A home directory of its own for one gateway: nothing of the user's is read or written. */
export interface Home {
  readonly dir: string;
  /** An empty working directory. */
  readonly cwd: string;
  readonly servers: string;
  readonly rules: string;
  readonly audit: string;
  readonly env: Readonly<Record<string, string>>;
  remove(): void;
}

/** Objects are written as JSON, strings as they are; undefined writes no file. */
export interface Files {
  readonly servers?: Json | string | undefined;
  readonly rules?: Json | string | undefined;
}

export function makeHome(files: Files = {}): Home {
  const dir = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'gateway-e2e-')));
  const config = path.join(dir, 'config/agent-mcp-gateway');
  const cwd = path.join(dir, 'work');
  for (const needed of [config, cwd]) mkdirSync(needed, { recursive: true });
  const home: Home = {
    dir,
    cwd,
    servers: path.join(config, '.mcp.json'),
    rules: path.join(config, '.mcp-gateway-rules.json'),
    audit: path.join(dir, 'cache/agent-mcp-gateway/logs/audit.jsonl'),
    env: {
      PATH: process.env.PATH ?? '',
      HOME: dir,
      XDG_CONFIG_HOME: path.join(dir, 'config'),
      XDG_CACHE_HOME: path.join(dir, 'cache'),
      GATEWAY_KEYCHAIN: '0',
      NO_COLOR: '1',
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
  if (files.servers !== undefined) writeFileSync(home.servers, fileText(files.servers));
  if (files.rules !== undefined) writeFileSync(home.rules, fileText(files.rules));
  return home;
}

export function fileText(content: Json | string): string {
  return typeof content === 'string' ? content : JSON.stringify(content, null, 2);
}

/** A servers file. */
export function servers(entries: Json): Json {
  return { mcpServers: entries };
}

/** A rules file whose agents may be assumed by the one stdio and the one HTTP principal that the tests use. */
export function withPrincipals(agents: Json, more: Json = {}): Json {
  return {
    agents,
    principals: {
      tester: { token_sha256: sha256(TOKEN), may_assume: ['*'] },
      local: { stdio: true, may_assume: ['*'] },
    },
    ...more,
  };
}

/** The audit log as records; an empty list before the first. */
export function auditRecords(home: Home): Record<string, unknown>[] {
  if (!existsSync(home.audit)) return [];
  return readFileSync(home.audit, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** How many calls or refusals these records are about: refusals that repeat are one record with a count. */
export function countOf(records: readonly Record<string, unknown>[]): number {
  return records.reduce((sum, { detail }) => sum + Number((detail as { count?: number } | undefined)?.count ?? 1), 0);
}

/** The lines of a file that a fixture appends to; an empty list before the first. */
export function linesOf(file: string): string[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}
