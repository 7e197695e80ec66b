import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import process from 'node:process';
import { findProgram } from '../../config/check-program.ts';
import type { Settings } from '../../config/settings.ts';
import type { ServerDefinition, StdioDefinition } from '../../config/snapshot.ts';
import { GatewayError } from '../../shared/errors.ts';
import { isWithin } from '../../shared/is-within.ts';
import { cwdHere } from '../../shared/standard-folders.ts';
import { VERSION } from '../../shared/version.ts';
import { createUpstreams } from '../../upstream/pool/upstreams.ts';
import { guardianScript } from '../../upstream/process/guardian.ts';
import { isOfSystem } from '../../upstream/sandbox/system-files.ts';
import { print, say } from '../output.ts';
import { wholeNumber } from '../whole-number.ts';
import { openWorkbench } from '../workbench.ts';
import { readTrace, sandboxFor } from './trace-report.ts';

const QUIET = { debug: () => undefined, info: () => undefined, warn: () => undefined };
/** Paths that every sandbox has, or that cannot be listed. */
const INSIDE = /^\/(?:etc|proc|sys|dev|tmp|run)(?:\/|$)|^\/var\/tmp(?:\/|$)|^\/$/;

/** Prints the smallest sandbox for what the start of a server touches. @throws GatewayError */
export async function suggest(settings: Settings, name: string, timeout: string): Promise<void> {
  const timeoutMs = wholeNumber('--timeout-ms', timeout, 1);
  const strace = findProgram('strace', process.env['PATH'], '/');
  if (process.platform !== 'linux' || strace === undefined) {
    throw new GatewayError('USAGE', 'This needs Linux and strace: apt-get install strace.');
  }
  const server = await definitionOf(settings, name);
  const folder = await mkdtemp(join(tmpdir(), 'agent-mcp-gateway-'));
  const report = join(folder, 'trace');
  try {
    await runTraced(server, strace, report, timeoutMs);
    const touched = readTrace(await readFile(report, 'utf8'), server.link.cwd ?? cwdHere());
    const own = foldersOf(server);
    const { read, write, network } = sandboxFor(
      touched,
      settings.home,
      (path) => isOfSystem(path) || (INSIDE.test(path) && !own.some((folder) => isWithin(path, folder))),
      namedPaths(server),
    );
    for (const line of JSON.stringify({ sandbox: { read, write, network } }, undefined, 2).split('\n')) print(line);
    say('Its start needs this. Add what its tools need, and try it: agent-mcp-gateway doctor.');
    if (network) say('It connects to other machines: name their hosts in the place of true if it can use a proxy.');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** The folders of what its entry names: the program itself may lie below /tmp. */
function foldersOf({ link: { command, args, cwd } }: Program): readonly string[] {
  const program = findProgram(command, process.env['PATH'], cwd);
  const folders = [program ?? '', ...args].filter(isAbsolute).map((one) => dirname(one));
  return folders
    .map((folder) => (basename(folder) === 'bin' ? dirname(folder) : folder))
    .filter((folder) => folder.split('/').length > 2);
}

/** Whole paths in its arguments and variables. */
function namedPaths({ link: { args, env } }: Program): readonly string[] {
  return [...args, ...env.values()].flatMap((text) => /^(?:--?[\w-]+=)?(\/.*)$/.exec(text)?.slice(1) ?? []);
}

type Program = ServerDefinition & { readonly link: StdioDefinition };

async function definitionOf(settings: Settings, name: string): Promise<Program> {
  const bench = await openWorkbench(settings);
  try {
    const server = bench.snapshot.servers.get(name);
    if (server === undefined) throw new GatewayError('USAGE', `There is no server "${name}", or it is off.`);
    if (server.link.transport !== 'stdio') {
      throw new GatewayError('USAGE', `Server "${name}" runs elsewhere: it needs no sandbox.`);
    }
    if (server.link.sandbox?.image !== undefined) {
      throw new GatewayError(
        'USAGE',
        `Server "${name}" runs in a container: nothing of this machine is in it but what is listed.`,
      );
    }
    return { ...server, link: server.link };
  } finally {
    await bench.close();
  }
}

/** Starts it under strace, and lists its tools. */
async function runTraced(server: Program, strace: string, report: string, timeoutMs: number): Promise<void> {
  const { command, args, sandbox: _, ...rest } = server.link;
  const traced = ['-f', '-qq', '-s', '4096', '-e', 'trace=%file,connect', '-o', report, '--', command, ...args];
  const upstreams = createUpstreams({
    version: VERSION,
    log: QUIET,
    redact: (text) => text,
    guardianScript: guardianScript(),
  });
  try {
    const connection = await upstreams.lease(
      { ...server, link: { ...rest, command: strace, args: traced } },
      { timeoutMs },
    );
    await connection.request('tools/list', '', { timeoutMs });
  } finally {
    await upstreams.close();
  }
}
