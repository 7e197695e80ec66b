/** Puts together how one server is started in its sandbox. Loaded with the first such server. */
import { realpathSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { findProgram, programFault } from '../../config/check-program.ts';
import type { SandboxDefinition, StdioDefinition } from '../../config/snapshot.ts';
import { builtProgram, programText } from '../../shared/built-files.ts';
import { isWithin } from '../../shared/is-within.ts';
import { openSocketFolder } from '../../shared/socket-folder.ts';
import { homeHere } from '../../shared/standard-folders.ts';
import { unavailable } from '../failures.ts';
import { childEnvironment } from '../process/environment.ts';
import type { Launch } from '../process/server-process.ts';
import type { Warn } from '../warning-limiter.ts';
import { findBubblewrap, type SandboxFault, sandboxFault } from './availability.ts';
import { bridgeCommand } from './bridge-command.ts';
import { bubblewrapArguments } from './bubblewrap-arguments.ts';
import { callFilter } from './call-filter.ts';
import { type HostProxy, openHostProxy } from './host-proxy.ts';
import { type ListedPath, listedMounts, type Mount } from './mounts.ts';
import { type OwnPlaces, ownPlaceFault, realFolders } from './own-places.ts';
import { inherited, proxyVariables } from './sandbox-environment.ts';
import { isOfSystem, systemFiles } from './system-files.ts';

export interface SandboxedStart {
  readonly launch: Launch;
  /** Ends what the gateway has open for it. */
  close(): void;
}

interface SandboxOptions {
  readonly server: string;
  readonly definition: StdioDefinition;
  readonly sandbox: SandboxDefinition;
  readonly places: OwnPlaces;
  readonly marker: string;
  readonly warn: Warn;
}

/** What the gateway puts into a sandbox with named hosts. */
const INSIDE = '/run/agent-mcp-gateway';
const PROXY_PORT = 3128;
const BRIDGE_FLAGS = ['--max-old-space-size=32', '--max-semi-space-size=1', '--single-threaded', '--no-warnings'];
/** The descriptor after those of stdio. */
const FILTER_FD = 3;
/** Processes and threads of a server, and bytes that each process may ask for. Root is not held to the first. */
const LIMITS = ['--nproc=1024', `--data=${8 * 1024 ** 3}`, '--core=0'];

/** @throws GatewayError SERVER_UNAVAILABLE where it must not start, for what this machine lacks or its entry says. */
export async function openSandbox(options: SandboxOptions): Promise<SandboxedStart> {
  const { server, definition, sandbox, places, marker, warn } = options;
  const refuse = ({ reason }: SandboxFault): never => {
    throw unavailable(server, `was not started: ${reason}`, { data: { config: true } });
  };
  const fault = (await sandboxFault()) ?? entryFault(definition, sandbox, places);
  if (fault !== undefined) return refuse(fault);
  const home = homeOf(definition);
  const program = findProgram(definition.command, definition.env.get('PATH'), definition.cwd) ?? definition.command;
  const listed = listedPaths(sandbox);
  const files = [...programMounts(program, listed), ...listedMounts(listed, realFolders(places))];
  const filter = callFilter(process.arch);
  const hosts = typeof sandbox.network === 'boolean' ? undefined : sandbox.network;
  const way = hosts === undefined ? undefined : await openWay(hosts, places, warn);
  const args = bubblewrapArguments({
    system: systemFiles(),
    home,
    mounts: [...files, ...(way?.mounts ?? [])],
    hasNetwork: sandbox.network === true,
    cwd: definition.cwd ?? home,
    filterFd: filter && FILTER_FD,
    command: [...(way?.command ?? []), ...limits(), program, ...definition.args],
  });
  const env = new Map([...definition.env, ...(way?.variables ?? [])]);
  return {
    launch: {
      command: findBubblewrap() ?? 'bwrap',
      args,
      cwd: '/',
      env: childEnvironment(env, marker, inherited(home, sandbox.network === true)),
      filter,
    },
    close: () => way?.proxy.close(),
  };
}

/** What is wrong with an entry on this machine. */
export function entryFault(
  definition: StdioDefinition,
  sandbox: SandboxDefinition,
  places: OwnPlaces,
): SandboxFault | undefined {
  const fault = programFault(definition);
  if (fault !== undefined) return { reason: `"${fault.field}" ${fault.message}.`, fix: `${fault.fix}.` };
  return ownPlaceFault(listedPaths(sandbox), places, realFolders(places));
}

/** Where a path is listed twice, it may be changed. */
export function listedPaths({ read, write }: SandboxDefinition): readonly ListedPath[] {
  const access = new Map<string, ListedPath['access']>(read.map((path) => [path, 'read']));
  for (const path of write) access.set(path, 'write');
  return [...access].map(([path, how]) => ({ path, real: realpathSync(path), access: how }));
}

/** The home of the server: the usual path, where that is not one of the system's. */
function homeOf({ env }: StdioDefinition): string {
  const home = env.get('HOME') ?? homeHere();
  return home.startsWith('/') &&
    home !== '/' &&
    !isOfSystem(home) &&
    !/^\/(?:proc|sys|dev(?!\/shm\/.)|etc)(?:\/|$)/.test(home)
    ? home.replace(/\/+$/, '')
    : '/tmp';
}

/** Its program alone, also where nothing around it is listed. */
function programMounts(program: string, listed: readonly ListedPath[]): readonly Mount[] {
  const real = realpathSync(program);
  return [...new Set([program, real])]
    .filter((path) => !isOfSystem(path) && !listed.some((shown) => isWithin(path, shown.path)))
    .map((at) => ({ kind: 'read', from: real, at }));
}

function limits(): readonly string[] {
  const prlimit = systemProgram('prlimit');
  return prlimit === undefined ? [] : [prlimit, ...LIMITS, '--'];
}

/** A program that every sandbox has; undefined where it is not installed. */
function systemProgram(name: string): string | undefined {
  const program = findProgram(name, process.env['PATH'], '/');
  return program !== undefined && isOfSystem(program) ? program : undefined;
}

interface Way {
  readonly proxy: HostProxy;
  readonly mounts: readonly Mount[];
  readonly variables: ReadonlyMap<string, string>;
  /** What the server is started by. */
  readonly command: readonly string[];
}

let sockets = 0;

/** The way from inside to the hosts of a list: a bridge there, a socket, and the proxy at its end. */
async function openWay(hosts: readonly string[], places: OwnPlaces, warn: Warn): Promise<Way> {
  const bridge = builtProgram('bridge.js');
  if (bridge === undefined) throw new Error('There is no bridge in tests of the sources.');
  openSocketFolder(places.sockets);
  const path = join(places.sockets, `${process.pid}-p${++sockets}.sock`);
  const proxy = await openHostProxy({ path, hosts: new Set(hosts), warn });
  const inside = (name: string): string => `${INSIDE}/${name}`;
  const show = (from: string, name: string): Mount => ({ kind: 'read', from, at: inside(name) });
  return {
    proxy,
    variables: proxyVariables(PROXY_PORT),
    mounts: [show(process.execPath, 'node'), show(path, 'proxy.sock')],
    command: bridgeCommand({
      perl: systemProgram('perl'),
      bridge: [inside('node'), ...BRIDGE_FLAGS, '--eval', programText(bridge), inside('proxy.sock')],
      port: PROXY_PORT,
    }),
  };
}
