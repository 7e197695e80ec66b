/** `trust`: the owner has looked at the files of this working directory and wants them used (D13). */
import { realpath } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import process from 'node:process';
import type { Command } from 'commander';
import { canonical, exists, readConfigFile } from '../config/config-files.ts';
import { type ConfigDocument, parseDocument } from '../config/json-document.ts';
import { loadOpenApi } from '../config/load-schemas.ts';
import { configError, formatProblem } from '../config/load-snapshot.ts';
import { RULES_FILE, SERVERS_FILE, workingDirectoryFiles } from '../config/locate-files.ts';
import type { Script } from '../config/script-files.ts';
import { readServers } from '../config/servers-file.ts';
import { settingsHere } from '../config/settings.ts';
import { addTrusted, readTrusted, revokeTrusted } from '../config/trusted-files.ts';
import { escapeText } from '../observe/escape-text.ts';
import { GatewayError } from '../shared/errors.ts';
import { cwdHere } from '../shared/standard-folders.ts';
import { fail, print, printJson, say } from './output.ts';

interface Options {
  readonly list?: boolean;
  /** True without a path: the files of the working directory. */
  readonly revoke?: string | true;
  readonly json?: boolean;
}

const HELP = `
Files in the working directory come with what was cloned or unpacked there, so
the gateway uses them only after you have looked at them. The scripts of this
folder that they start are trusted with them. Where one of all these changes,
nothing starts here until it is trusted again.

Example:
  $ cd my-project && agent-mcp-gateway trust`;

/** Adds the command `trust`. */
export function registerTrust(program: Command): void {
  program
    .command('trust')
    .description(`allow the ${SERVERS_FILE} and ${RULES_FILE} of this folder, as they are now`)
    .option('--list', 'show what is trusted')
    .option('--revoke [path]', 'stop trusting a file; without a path, all files of this folder')
    .option('--json', 'print JSON')
    .addHelpText('after', HELP)
    .action(async (options: Options) => {
      try {
        if (options.list === true) await list(options);
        else if (options.revoke !== undefined) await revoke(options.revoke, options);
        else await trust(options);
      } catch (error) {
        fail(error);
      }
    });
}

async function trust({ json }: Options): Promise<void> {
  const { configDir } = settingsHere({});
  const files = await filesHere();
  if (files.length === 0) {
    throw new GatewayError(
      'CONFIG_NOT_FOUND',
      `There is no ${SERVERS_FILE} or ${RULES_FILE} in ${cwdHere()} or its folder "config". Change to the folder that has them.`,
    );
  }
  const trusted = await Promise.all(files.map(readForTrust));
  const now = new Date().toISOString();
  await addTrusted(
    configDir,
    trusted.map(({ path, sha256, scripts }) => ({ path, sha256, scripts, trusted_at: now })),
  );
  if (json === true) {
    printJson(trusted);
    return;
  }
  for (const { path, sha256, scripts, summary } of trusted) {
    print(`Trusted ${path}`);
    print(`  sha256 ${sha256}`);
    for (const line of summary) print(`  ${line}`);
    for (const script of scripts) {
      if (script.digest !== 'absent') print(`  with ${escapeText(script.path)}  sha256 ${script.digest}`);
    }
  }
  say('Not what you expected? Take it back with "agent-mcp-gateway trust --revoke".');
}

/** Summary and hash are of the same bytes: what is shown is what is trusted. */
async function readForTrust(path: string): Promise<{
  path: string;
  sha256: string;
  summary: readonly string[];
  scripts: readonly Script[];
}> {
  const content = await readConfigFile(path);
  if (!content.ok) throw new GatewayError('CONFIG_INVALID', formatProblem(content.problem));
  const parsed = parseDocument(path, content.bytes);
  if (!parsed.ok) throw configError(parsed.problems);
  const { summarise } = await import('../config/summary.ts');
  const scripts = basename(path) === SERVERS_FILE ? await scriptsIn(parsed.document, content.bytes.toString()) : [];
  return { path, sha256: content.sha256, summary: summarise(parsed.document), scripts };
}

/** The files that the servers of a file start from this folder, also where a variable of theirs is set only where the gateway starts. */
async function scriptsIn(document: ConfigDocument, text: string): Promise<readonly Script[]> {
  const [schema, { scriptsOf }] = await Promise.all([
    import('../config/file-schemas.ts'),
    import('../config/script-files.ts'),
  ]);
  const unset = [...text.matchAll(/\$\{(?:env:)?((?:secret:)?[A-Za-z_][\w.-]*)\}/g)].map(([whole, name = '']) => [
    name,
    whole,
  ]);
  const env = { ...Object.fromEntries(unset), ...process.env };
  const openApi = await loadOpenApi(document);
  const { servers } = readServers(document, { env, schema, mainScript: process.argv[1], openApi });
  const folder = await realpath(cwdHere());
  const found = new Map<string, Script>();
  for (const { link } of servers.values()) {
    for (const script of await scriptsOf(link, folder)) found.set(script.path, script);
  }
  return [...found.values()];
}

async function filesHere(): Promise<string[]> {
  const cwd = cwdHere();
  const candidates = [
    ...(await workingDirectoryFiles(cwd, SERVERS_FILE)),
    ...(await workingDirectoryFiles(cwd, RULES_FILE)),
  ];
  const present = await Promise.all(candidates.map(exists));
  return candidates.filter((_path, at) => present[at]);
}

async function list({ json }: Options): Promise<void> {
  const files = await readTrusted(settingsHere({}).configDir);
  if (json === true) printJson(files);
  else if (files.length === 0) say('Nothing is trusted.');
  else for (const file of files) print(`${file.path}  sha256 ${file.sha256}  ${file.trusted_at}`);
}

async function revoke(path: string | true, { json }: Options): Promise<void> {
  const { configDir } = settingsHere({});
  const cwd = cwdHere();
  const paths =
    path === true
      ? [...(await workingDirectoryFiles(cwd, SERVERS_FILE)), ...(await workingDirectoryFiles(cwd, RULES_FILE))]
      : [resolve(cwd, path), await canonical(resolve(cwd, path))];
  const revoked = await revokeTrusted(configDir, paths);
  if (json === true) printJson(revoked);
  else if (revoked.length === 0)
    say('None of these files was trusted. "agent-mcp-gateway trust --list" shows what is.');
  else for (const file of revoked) print(`No longer trusted: ${file}`);
}
