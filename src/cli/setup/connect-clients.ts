/** Changes the files of clients for `connect`. */

import { resolve } from 'node:path';
import process from 'node:process';
import { expandHome } from '../../config/settings.ts';
import { type AgentPlan, planAgents, tokensFor } from '../../setup/client-agents.ts';
import type { EntryToken } from '../../setup/client-entry.ts';
import type { Client } from '../../setup/clients.ts';
import { type ClientConnection, type ConnectTerms, planConnections } from '../../setup/connect-plan.ts';
import { executePlan } from '../../setup/execute.ts';
import { agentsOf, type PlanContext, planImport } from '../../setup/import-plan.ts';
import { readOwnFiles } from '../../setup/own-files.ts';
import { renderConnections } from '../../setup/render.ts';
import { readSources } from '../../setup/sources.ts';
import { GatewayError } from '../../shared/errors.ts';
import { isUrl } from '../../shared/parse-url.ts';
import type { ConnectFlags } from '../connect.ts';
import { print, printJson, say } from '../output.ts';
import { advice, agree, clientsHere, contextHere, orGiveUp, printLines, runningHere } from './context.ts';
import { connectionReport } from './report.ts';

const DEFAULT_URL = 'http://127.0.0.1:8000/mcp';
const DEFAULT_TOKEN_VARIABLE = 'AGENT_MCP_GATEWAY_TOKEN';

export async function connectClients(names: readonly string[], flags: ConnectFlags): Promise<void> {
  await orGiveUp(async () => {
    const context = contextHere(flags);
    const clients = clientsHere(names.includes('all') ? [] : names, context.place);
    if (clients.length === 0)
      throw new GatewayError('USAGE', 'No client was found here: name one, e.g. "connect claude-code".');
    const { connections, agents } = await planOf(clients, context, flags);
    if (flags.json === true) printJson(connectionReport(connections));
    else printLines([...renderConnections(connections), ...agents.lines]);
    const refused = connections.filter(({ refusal }) => refusal !== undefined);
    const changes = [...agents.changes, ...connections.flatMap(({ change }) => (change === undefined ? [] : [change]))];
    if (changes.length > 0) {
      if (!(await agree(flags, 'Write this?'))) return;
      await executePlan(context.settings.configDir, ['connect', ...names].join(' '), changes);
      say(...nextSteps(connections, flags));
    } else if (refused.length === 0 && flags.json !== true) print('Nothing to do.');
    if (refused.length > 0) process.exitCode = 1;
  });
}

interface Planned {
  readonly connections: readonly ClientConnection[];
  /** The additions to the rules, with the files of tokens; nothing without --per-agent. */
  readonly agents: AgentPlan;
}

async function planOf(clients: readonly Client[], context: PlanContext, flags: ConnectFlags): Promise<Planned> {
  const { settings, place } = context;
  const own = readOwnFiles(settings);
  const merged =
    flags.replace === true
      ? (await planImport(readSources(clients, place), context)).merged.servers.filter(({ isNew }) => !isNew)
      : undefined;
  const { configDir } = settings;
  const http = httpOf(flags);
  const isOwn = flags.perAgent === true;
  const tokens = isOwn && http?.token !== undefined ? tokensFor(clients, own, { place, configDir }) : new Map();
  const terms: ConnectTerms = {
    scope: flags.project === true ? 'project' : 'user',
    http,
    tokens,
    name: nameOf(flags),
    replaced: merged,
    agents: new Set([...agentsOf(own), ...(isOwn ? clients.map(({ id }) => id) : [])]),
    running: runningHere(),
    mainScript: process.argv[1],
    fileArgs: fileArgs(flags, context),
  };
  const connections = planConnections(clients, place, terms);
  if (!isOwn) return { connections, agents: { changes: [], lines: [] } };
  const ids = new Set(connections.flatMap(({ client, refusal }) => (refusal === undefined ? [client.id] : [])));
  return { connections, agents: await planAgents([...ids], own, { tokens, configDir }) };
}

/** @throws GatewayError USAGE */
export function httpOf({
  http,
  tokenEnv,
  auth,
}: Pick<ConnectFlags, 'http' | 'tokenEnv' | 'auth'>): ConnectTerms['http'] {
  if (http === undefined || http === false) {
    if (tokenEnv !== undefined || auth === false)
      throw new GatewayError('USAGE', '--token-env and --no-auth go with --http.');
    return undefined;
  }
  const url = http === true ? DEFAULT_URL : http;
  if (!/^https?:\/\//.test(url) || !isUrl(url)) {
    throw new GatewayError('USAGE', `--http takes the address of the gateway, e.g. ${DEFAULT_URL}.`);
  }
  if (tokenEnv !== undefined && !/^[A-Za-z_]\w*$/.test(tokenEnv)) {
    throw new GatewayError('USAGE', '--token-env takes the name of a variable of the environment.');
  }
  const token: EntryToken = { kind: 'variable', name: tokenEnv ?? DEFAULT_TOKEN_VARIABLE };
  return { url, token: auth === false ? undefined : token };
}

function nameOf({ name = 'gateway' }: ConnectFlags): string {
  if (/^[A-Za-z0-9_-]{1,64}$/.test(name)) return name;
  throw new GatewayError('USAGE', '--name takes letters, digits, "_" and "-".');
}

/** The same files as here, wherever the client starts the gateway. */
function fileArgs({ mcpConfig, rules }: ConnectFlags, { place }: PlanContext): string[] {
  const flag = (name: string, file: string | undefined): string[] =>
    file === undefined ? [] : [name, resolve(place.cwd, expandHome(file, place.home))];
  return [...flag('--mcp-config', mcpConfig), ...flag('--rules', rules)];
}

function nextSteps(connections: readonly ClientConnection[], flags: ConnectFlags): string[] {
  const titles = connections.filter(({ change }) => change !== undefined).map(({ client }) => client.title);
  const http = httpOf(flags);
  const variable = http?.token?.kind === 'variable' && flags.perAgent !== true ? http.token.name : undefined;
  const token =
    variable === undefined
      ? []
      : [`Set ${variable} to a token of "agent-mcp-gateway token create" where the client starts.`];
  return [
    `Connected ${titles.join(', ')}: start them again.`,
    ...token,
    ...advice(runningHere()),
    'Take it back with "agent-mcp-gateway undo".',
  ];
}
