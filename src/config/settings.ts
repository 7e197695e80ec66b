/** Flags and environment -> settings of one process (docs/configuration.md). Flags beat the environment. */
import { dirname, join, resolve } from 'node:path';
import process from 'node:process';
import { GatewayError } from '../shared/errors.ts';
import { LONGEST_PID, socketFolder } from '../shared/socket-folder.ts';
import { cwdHere, homeHere, xdgFolder } from '../shared/standard-folders.ts';
import {
  agentId,
  auditBytes,
  boolean,
  hosts,
  hours,
  list,
  messageBytes,
  oneOf,
  origins,
  port,
  publicUrl,
  type SettingSource,
  seconds,
  secretKey,
  secretKeys,
  storeUrl,
  workers,
} from './setting-values.ts';
import type { VariableName } from './setting-variables.ts';
import type { Environment } from './substitute.ts';

/** The flags of the command line; undefined where a flag is absent. */
export interface Flags {
  readonly transport?: string | undefined;
  readonly host?: string | undefined;
  readonly port?: string | undefined;
  readonly mcpConfig?: string | undefined;
  readonly rules?: string | undefined;
  readonly lock?: string | undefined;
  readonly auditLog?: string | undefined;
  readonly agent?: string | undefined;
  readonly defaultAgent?: string | undefined;
  readonly debug?: boolean | undefined;
  /** `--code` of `serve`. */
  readonly runCode?: boolean | undefined;
  readonly initStrategy?: string | undefined;
  readonly expose?: string | undefined;
  readonly server?: string | undefined;
  readonly corsOrigins?: string | undefined;
  readonly allowedHosts?: string | undefined;
  readonly publicUrl?: string | undefined;
  readonly trustCwd?: boolean | undefined;
  readonly allowNested?: boolean | undefined;
  /** `--no-auth`. */
  readonly noAuth?: boolean | undefined;
  readonly ui?: boolean | undefined;
  readonly uiWrite?: boolean | undefined;
  readonly workers?: string | undefined;
  readonly store?: string | undefined;
}

/** The surroundings of this process. */
interface Place {
  readonly cwd: string;
  readonly home: string;
}

/** A path that somebody named, and where: `--rules` or `GATEWAY_RULES`. */
export interface NamedPath {
  readonly path: string;
  readonly source: string;
}

export interface Settings {
  readonly transport: 'stdio' | 'http';
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly mcpConfig: NamedPath | undefined;
  readonly rules: NamedPath | undefined;
  /** `--lock`: whole path; undefined for the folder of the rules file (`lockPath`). */
  readonly lock: string | undefined;
  readonly auditLog: string;
  /** `GATEWAY_AUDIT_MIN_AGE_HOURS`: milliseconds that every record stays, whatever there is of them; undefined for the default. */
  readonly auditMinAgeMs: number | undefined;
  /** `GATEWAY_AUDIT_MAX_BYTES`: bytes of the log and its rotated files together; undefined for the default. */
  readonly auditMaxBytes: number | undefined;
  /** `GATEWAY_AUDIT_HEADS`: places to which heads of the audit log are sent. */
  readonly auditHeads: readonly string[];
  /** `GATEWAY_AUDIT_HEAD_KEY`: file of the key that signs them; undefined for the one in `configDir`. */
  readonly auditHeadKey: string | undefined;
  /** `GATEWAY_AUDIT_HEAD_SECONDS`, in milliseconds. */
  readonly auditHeadMs: number;
  /** `--agent`: binds the connection to this agent. */
  readonly agent: string | undefined;
  /** `GATEWAY_DEFAULT_AGENT`. */
  readonly defaultAgent: string | undefined;
  readonly debug: boolean;
  /** `--code`: agents whose rules do not say may run programs of their own. */
  readonly code: boolean;
  readonly initStrategy: 'eager' | 'lazy';
  /** The view of connections whose agent's rules do not say. */
  readonly expose: 'discovery' | 'direct';
  /** `--server`: the stdio connection is for this server alone. */
  readonly server: string | undefined;
  /** Origins as browsers write them, or `*`. */
  readonly corsOrigins: readonly string[];
  /** Lower case, `host` or `host:port`. */
  readonly allowedHosts: readonly string[];
  /** The URL at which browsers reach this gateway, without a slash at the end. */
  readonly publicUrl: string | undefined;
  readonly trustCwd: boolean;
  readonly allowNested: boolean;
  readonly noAuth: boolean;
  /** `--ui`: whether the web page is served at `/ui`, and may change something (`--ui-write`). */
  readonly ui: 'off' | 'read' | 'write';
  /** `GATEWAY_SECRET_KEY`: 32 bytes that encrypt stored sign-ins. */
  readonly secretKey: Uint8Array | undefined;
  /** `GATEWAY_STATE_KEY`: seal what callers carry between replicas, the first of them new handles; empty where each installation has its own. */
  readonly stateKeys: readonly Uint8Array[];
  /** `GATEWAY_STORE`: the Redis or Valkey that replicas share, with its password; undefined for none. */
  readonly store: string | undefined;
  /** `GATEWAY_KEYCHAIN`: whether the keychain of the system may keep that key where none is given. */
  readonly keychain: boolean;
  /** `GATEWAY_STOP_DELAY_SECONDS`: milliseconds in which a gateway that stops is not ready and still takes calls. */
  readonly stopDelayMs: number;
  /** Processes that serve HTTP; 1 for this one alone. */
  readonly workers: number;
  /** Bytes that one message of a caller may have. */
  readonly maxRequestBytes: number;
  /** Bytes that one message of a server may have. */
  readonly maxResponseBytes: number;
  /** `GATEWAY_HTTP_CLIENT`: the client for servers without TLS. */
  readonly httpClient: HttpClientKind;
  /** `~/.config/agent-mcp-gateway` or under XDG_CONFIG_HOME. */
  readonly configDir: string;
  /** `~/.cache/agent-mcp-gateway` or under XDG_CACHE_HOME. */
  readonly cacheDir: string;
  readonly cwd: string;
  readonly home: string;
}

/** The client of the gateway, or undici, which calls servers with TLS in any case. */
export type HttpClientKind = 'own' | 'undici';

const MAX_REQUEST_BYTES = 4 * 1024 * 1024;
/** The value where nobody says. */
export const MAX_RESPONSE_BYTES = 16 * 1024 * 1024;

/** Milliseconds between two heads, where nobody says. */
const AUDIT_HEAD_MS = 300_000;

const PACKAGE = 'agent-mcp-gateway';

/**
 * Resolves everything that can be said on the command line or in the environment. An empty variable counts as absent.
 * @throws GatewayError USAGE naming the flag or variable and what is accepted.
 */
export function resolveSettings(flags: Flags, env: Environment, place: Place): Settings {
  const transport = oneOf(pick(flags.transport, '--transport', env, 'GATEWAY_TRANSPORT'), ['stdio', 'http']);
  const host = pick(flags.host, '--host', env, 'GATEWAY_HTTP_HOST')?.value ?? '127.0.0.1';
  const noAuth = flags.noAuth ?? false;
  if (host === '' || /[\s/@]/.test(host)) {
    throw new GatewayError('USAGE', '--host (GATEWAY_HTTP_HOST) takes an address or a name, e.g. 127.0.0.1.');
  }
  const corsOrigins = pick(flags.corsOrigins, '--cors-origins', env, 'GATEWAY_CORS_ORIGINS');
  const allowedHosts = pick(flags.allowedHosts, '--allowed-hosts', env, 'GATEWAY_ALLOWED_HOSTS');
  const publicAddress = pick(flags.publicUrl, '--public-url', env, 'GATEWAY_PUBLIC_URL');
  if (noAuth) checkWithoutTokens(host, [corsOrigins, allowedHosts, publicAddress]);
  const cacheDir = join(xdgFolder(env['XDG_CACHE_HOME']) ?? join(place.home, '.cache'), PACKAGE);
  const auditLog = pick(flags.auditLog, '--audit-log', env, 'GATEWAY_AUDIT_LOG');
  return {
    transport: transport ?? 'stdio',
    host,
    port: port(pick(flags.port, '--port', env, 'GATEWAY_HTTP_PORT')) ?? 8000,
    mcpConfig: named(pick(flags.mcpConfig, '--mcp-config', env, 'GATEWAY_MCP_CONFIG'), place),
    rules: named(pick(flags.rules, '--rules', env, 'GATEWAY_RULES'), place),
    lock: named(pick(flags.lock, '--lock', env, 'GATEWAY_LOCK'), place)?.path,
    auditLog: named(auditLog, place)?.path ?? join(cacheDir, 'logs', 'audit.jsonl'),
    auditMinAgeMs: hours(pick(undefined, '', env, 'GATEWAY_AUDIT_MIN_AGE_HOURS')),
    auditMaxBytes: auditBytes(pick(undefined, '', env, 'GATEWAY_AUDIT_MAX_BYTES')),
    auditHeads: list(pick(undefined, '', env, 'GATEWAY_AUDIT_HEADS')),
    auditHeadKey: named(pick(undefined, '', env, 'GATEWAY_AUDIT_HEAD_KEY'), place)?.path,
    auditHeadMs: seconds(pick(undefined, '', env, 'GATEWAY_AUDIT_HEAD_SECONDS')) ?? AUDIT_HEAD_MS,
    agent: agentId(pick(flags.agent, '--agent', env, undefined)),
    defaultAgent: agentId(pick(flags.defaultAgent, '--default-agent', env, 'GATEWAY_DEFAULT_AGENT')),
    debug: flags.debug ?? boolean(env, 'GATEWAY_DEBUG'),
    code: flags.runCode ?? false,
    expose: oneOf(pick(flags.expose, '--expose', env, undefined), ['discovery', 'direct']) ?? 'discovery',
    server: pick(flags.server, '--server', env, undefined)?.value,
    initStrategy:
      oneOf(pick(flags.initStrategy, '--init-strategy', env, 'GATEWAY_INIT_STRATEGY'), ['eager', 'lazy']) ?? 'eager',
    corsOrigins: origins(corsOrigins),
    allowedHosts: hosts(allowedHosts),
    publicUrl: publicUrl(publicAddress),
    trustCwd: flags.trustCwd ?? boolean(env, 'GATEWAY_TRUST_CWD'),
    allowNested: flags.allowNested ?? boolean(env, 'GATEWAY_ALLOW_NESTED'),
    noAuth,
    ui: flags.uiWrite === true ? 'write' : flags.ui === true ? 'read' : 'off',
    secretKey: secretKey(pick(undefined, '', env, 'GATEWAY_SECRET_KEY')),
    stateKeys: secretKeys(pick(undefined, '', env, 'GATEWAY_STATE_KEY')),
    store: storeUrl(pick(flags.store, '--store', env, 'GATEWAY_STORE')),
    keychain: boolean(env, 'GATEWAY_KEYCHAIN', true),
    stopDelayMs: seconds(pick(undefined, '', env, 'GATEWAY_STOP_DELAY_SECONDS')) ?? 0,
    workers: workers(pick(flags.workers, '--workers', env, 'GATEWAY_WORKERS')) ?? 1,
    maxRequestBytes: messageBytes(pick(undefined, '', env, 'GATEWAY_MAX_REQUEST_BYTES')) ?? MAX_REQUEST_BYTES,
    maxResponseBytes: messageBytes(pick(undefined, '', env, 'GATEWAY_MAX_RESPONSE_BYTES')) ?? MAX_RESPONSE_BYTES,
    httpClient: oneOf(pick(undefined, '', env, 'GATEWAY_HTTP_CLIENT'), ['own', 'undici']) ?? 'own',
    configDir: join(xdgFolder(env['XDG_CONFIG_HOME']) ?? join(place.home, '.config'), PACKAGE),
    cacheDir,
    cwd: place.cwd,
    home: place.home,
  };
}

/**
 * Without tokens, whoever reaches the gateway may use every server: programs of this machine, and nobody through a browser or a proxy.
 * @param opening settings that let others in
 */
function checkWithoutTokens(host: string, opening: readonly (SettingSource | undefined)[]): void {
  if (!isLoopback(host)) {
    throw new GatewayError(
      'USAGE',
      '--no-auth is accepted only with a loopback address: use --host 127.0.0.1, or leave out --no-auth.',
    );
  }
  const found = opening.find((source) => source !== undefined && source.value.replace(/[\s,]/g, '') !== '');
  if (found === undefined) return;
  throw new GatewayError(
    'USAGE',
    `--no-auth and ${found.name} do not go together: web pages or other machines could use every server without a token. Leave out one of them.`,
  );
}

/** `resolveSettings` for this process. */
export function settingsHere(flags: Flags): Settings {
  return resolveSettings(flags, process.env, { cwd: cwdHere(), home: homeHere() });
}

function pick(
  flag: string | undefined,
  flagName: string,
  env: Environment,
  variable: VariableName | undefined,
): SettingSource | undefined {
  if (flag !== undefined) return { value: flag, name: flagName };
  const value = variable === undefined ? undefined : env[variable];
  return variable === undefined || value === undefined || value === '' ? undefined : { value, name: variable };
}

function named(source: SettingSource | undefined, place: Place): NamedPath | undefined {
  if (source === undefined) return undefined;
  if (source.value === '') throw new GatewayError('USAGE', `${source.name} takes the path of a file, and it is empty.`);
  return { path: resolve(place.cwd, expandHome(source.value, place.home)), source: source.name };
}

/**
 * The folder of the control socket of a running gateway. Not in XDG_RUNTIME_DIR: clients leave that out of what they start programs
 * with, and commands must find the same folder.
 */
export function runtimeDir({ cacheDir }: Pick<Settings, 'cacheDir'>): string {
  return socketFolder(join(cacheDir, 'run'), `${LONGEST_PID}.sock`);
}

/** The path of the lock file (docs/definitions.md). @param rules path of the rules file */
export function lockPath({ lock }: Pick<Settings, 'lock'>, rules: string): string {
  return lock ?? join(dirname(rules), 'mcp-gateway.lock.json');
}

/** `~` and `~/...`; other users' homes are left alone. */
export function expandHome(path: string, home: string): string {
  return path === '~' || path.startsWith('~/') || path.startsWith('~\\') ? join(home, path.slice(1)) : path;
}

/** True if an address or name reaches this machine only. */
export function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|::1|\[::1\])$/i.test(host);
}
