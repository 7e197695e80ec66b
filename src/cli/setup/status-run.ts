/** Runs `status`: finds out the state of everything, and says it. */
import process from 'node:process';
import { type CheckedConfig, checkConfig, formatProblem, readContents } from '../../config/load-snapshot.ts';
import { type ConfigLocation, locateConfig } from '../../config/locate-files.ts';
import { runtimeDir, type Settings } from '../../config/settings.ts';
import type { ClientReport } from '../../mcp/connected-clients.ts';
import { escapeText } from '../../observe/escape-text.ts';
import type { Machine } from '../../setup/client-files.ts';
import { CLIENTS } from '../../setup/clients.ts';
import { isConnected } from '../../setup/connect-plan.ts';
import { history } from '../../setup/execute.ts';
import { shortPath } from '../../setup/render.ts';
import { readClientFile } from '../../setup/sources.ts';
import { GatewayError } from '../../shared/errors.ts';
import { askRunning, type ControlLine } from '../control-client.ts';
import { count } from '../count.ts';
import { print, printJson } from '../output.ts';
import { table } from '../table.ts';

interface ClientState {
  readonly client: string;
  readonly file: string;
  readonly connected: boolean;
  /** The reason why its file cannot be read. */
  readonly problem?: string;
}

interface Status {
  readonly location: ConfigLocation | undefined;
  readonly checked: CheckedConfig | undefined;
  /** The reason why there is no configuration. */
  readonly missing: string | undefined;
  readonly running: readonly ControlLine[];
  readonly clients: readonly ClientState[];
  /** A run that was stopped before its end. */
  readonly stopped: string | undefined;
  readonly next: readonly string[];
}

export async function status(settings: Settings, isJson: boolean): Promise<void> {
  const found = await findOut(settings);
  if (isWrong(found)) process.exitCode = 1;
  if (isJson) printJson(report(found));
  else show(found);
}

async function findOut(settings: Settings): Promise<Status> {
  const place: Machine = { home: settings.home, cwd: settings.cwd, env: process.env, platform: process.platform };
  const config = await configOf(settings);
  const running = await runningGateways(settings);
  const clients = clientsOf(place);
  const stopped = history(settings.configDir).find(({ state }) => state === 'writing')?.label;
  const found = { ...config, running, clients, stopped };
  return { ...found, next: nextSteps(found) };
}

async function configOf(settings: Settings): Promise<Pick<Status, 'location' | 'checked' | 'missing'>> {
  try {
    const location = await locateConfig(settings);
    const checked = await checkConfig(await readContents(location, settings), process.env, { looksForPrograms: true });
    return { location, checked, missing: undefined };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { location: undefined, checked: undefined, missing: error.message };
  }
}

async function runningGateways(settings: Settings): Promise<readonly ControlLine[]> {
  const answers = await askRunning(runtimeDir(settings), { do: 'status' });
  return answers.flatMap(({ lines }) => lines.filter(({ gateway }) => gateway !== undefined));
}

function clientsOf(place: Machine): ClientState[] {
  return CLIENTS.flatMap((client) =>
    client.files(place).flatMap((file): ClientState[] => {
      const read = readClientFile(client, file);
      const about = { client: client.id, file: file.path };
      if (read.refusal !== undefined) return [{ ...about, connected: false, problem: read.refusal }];
      if (read.file.bytes === undefined) return [];
      return [{ ...about, connected: isConnected(read.file, process.argv[1]) }];
    }),
  );
}

function isWrong({ checked, missing, stopped }: Status): boolean {
  const hasErrors = checked?.problems.some(({ severity }) => severity === 'error') === true;
  return missing !== undefined || checked?.snapshot === undefined || hasErrors || stopped !== undefined;
}

function nextSteps({ checked, missing, clients, stopped, running }: Omit<Status, 'next'>): string[] {
  if (stopped !== undefined)
    return [`"${stopped}" was stopped before its end: take it back with "agent-mcp-gateway undo"`];
  if (missing !== undefined) return ['Set the gateway up: agent-mcp-gateway setup'];
  const steps: string[] = [];
  if (checked?.snapshot === undefined) steps.push('Correct the files: agent-mcp-gateway validate');
  else if (checked.problems.length > 0) steps.push('See what to mend: agent-mcp-gateway validate');
  const open = clients.filter(({ connected, problem }) => !connected && problem === undefined);
  const connected = clients.filter((one) => one.connected);
  if (connected.length === 0) steps.push('Connect a client: agent-mcp-gateway connect CLIENT');
  else if (open.length > 0)
    steps.push(
      `Connect the others: agent-mcp-gateway connect ${[...new Set(open.map(({ client }) => client))].join(' ')}`,
    );
  if (connected.length > 0 && running.length === 0) steps.push('Start a client: it starts the gateway');
  return steps;
}

function report({ location, checked, missing, running, clients, stopped, next }: Status): object {
  return {
    files: location === undefined ? null : { servers: location.servers.path, rules: location.rules.path },
    ...(missing === undefined ? {} : { missing }),
    servers: checked?.snapshot === undefined ? [] : [...checked.snapshot.servers.keys()],
    servers_off:
      checked?.snapshot === undefined
        ? {}
        : Object.fromEntries([...checked.snapshot.broken].map(([name, { reason }]) => [name, reason])),
    agents: checked?.snapshot?.policy.agents ?? [],
    problems: checked?.problems ?? [],
    gateways: running,
    clients,
    ...(stopped === undefined ? {} : { stopped }),
    next,
  };
}

function show({ location, checked, missing, running, clients, next }: Status): void {
  if (location === undefined) for (const line of (missing ?? '').split('\n')) print(line);
  else {
    print(`Servers: ${shortPath(location.servers.path)}`);
    print(`Rules:   ${shortPath(location.rules.path)}`);
  }
  if (checked?.snapshot !== undefined) {
    const { servers, broken, policy } = checked.snapshot;
    const off = broken.size === 0 ? '' : ` (and ${broken.size} off)`;
    print(`${count(servers.size, 'server')}${off}, ${count(policy.agents.length, 'agent')}`);
  }
  for (const problem of checked?.problems.filter(({ severity }) => severity === 'error') ?? [])
    print(`error: ${formatProblem(problem)}`);
  print(running.length === 0 ? 'No gateway runs.' : 'Running:');
  for (const [at, line] of table(running.map(row)).entries()) {
    print(`  ${line}`);
    const { gateway, clients: callers = [] } = running[at] ?? {};
    for (const caller of callers) print(`    ${callerLine(caller, gateway?.transport ?? '')}`);
  }
  const known = clients.filter(({ connected, problem }) => connected || problem !== undefined);
  if (known.length > 0) print('Clients:');
  for (const { client, file, problem } of known) {
    print(problem === undefined ? `  ${client}, connected in ${shortPath(file)}` : `  ${client}: ${problem}`);
  }
  for (const step of next) print(`Next: ${step}`);
}

/** `claude-code 2.1 as codex, over stdio, since 2026-07-28 09:12 UTC`. */
function callerLine({ name, version, principal, agent, since }: ClientReport, transport: string): string {
  const who = [name ?? 'a client without a name', ...(version === undefined ? [] : [version])]
    .map(escapeText)
    .join(' ');
  const as = agent === undefined ? `as an agent that each call names (${principal})` : `as ${agent}`;
  return `${who} ${as}, over ${transport}, since ${since.slice(0, 16).replace('T', ' ')} UTC`;
}

function row({ gateway, servers = [] }: ControlLine): string[] {
  if (gateway === undefined) return [];
  const busy = servers.filter(({ instances }) => (instances ?? 0) > 0).length;
  return [
    `process ${gateway.pid}`,
    gateway.transport,
    `version ${gateway.version}`,
    `up ${gateway.uptime_seconds} s`,
    `${busy} of ${count(servers.length, 'server')} connected`,
  ];
}
