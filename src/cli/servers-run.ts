import process from 'node:process';
import { runtimeDir, type Settings } from '../config/settings.ts';
import { GatewayError } from '../shared/errors.ts';
import type { ServerReport } from '../upstream/pool/server-report.ts';
import { ask, askAll } from './control-client.ts';
import { count } from './count.ts';
import { print, printJson, printText, say } from './output.ts';
import type { ServersFlags } from './servers.ts';
import { shownMs, shownTime } from './shown-values.ts';
import { table } from './table.ts';
import { wholeNumber } from './whole-number.ts';
import { openWorkbench, type Tested } from './workbench.ts';

const FIRST_PAUSE_MS = 500;

export async function list(settings: Settings, flags: ServersFlags): Promise<void> {
  const bench = await openWorkbench(settings);
  try {
    const servers = bench.reports();
    if (flags.json === true) return printJson(servers);
    for (const line of table(servers.map(listed))) print(line);
  } finally {
    await bench.close();
  }
}

function listed({ name, transport, sharing, last_error }: ServerReport): string[] {
  return [name, transport ?? 'off', sharing ?? '', last_error ?? ''];
}

export async function test(settings: Settings, name: string, flags: ServersFlags): Promise<void> {
  const timeoutMs = wholeNumber('--timeout-ms', flags.timeoutMs ?? '5000', 1);
  const retries = wholeNumber('--retries', flags.retries ?? '3', 0);
  const bench = await openWorkbench(settings);
  try {
    let tested = await bench.test(name, timeoutMs);
    let tries = 1;
    for (let pause = FIRST_PAUSE_MS; mayHeal(tested) && tries <= retries; pause *= 2, tries++) {
      say(`${name}: ${tested.error?.message ?? 'failed'} Trying again in ${pause / 1000} s.`);
      await new Promise((resolve) => setTimeout(resolve, pause));
      tested = await bench.test(name, timeoutMs);
    }
    if (flags.json === true) printJson({ name, ...facts(tested), tries });
    else print(sentence(name, tested, tries));
    process.exitCode = tested.status === 'initialized' ? 0 : 4;
  } finally {
    await bench.close();
  }
}

/** A mistake in the entry and a sign-in wait for a person. */
function mayHeal({ status, error }: Tested): boolean {
  return status === 'error' && error?.code !== 'CONFIG_INVALID' && error?.code !== 'AUTH_REQUIRED';
}

function facts({ status, ms, facts: server, tools, error }: Tested): object {
  return {
    status,
    ms: Math.round(ms),
    ...(server === undefined ? {} : { revision: server.revision, is: server.name, version: server.version }),
    ...(tools === undefined ? {} : { tools: tools.count, bytes: tools.bytes, tokens: tools.tokens }),
    ...(error === undefined ? {} : { error: { code: error.code, message: error.message } }),
  };
}

function sentence(name: string, { status, ms, facts: server, tools, error }: Tested, tries: number): string {
  const tried = tries > 1 ? ` (${tries} tries)` : '';
  if (server === undefined) return `${name}: ${status}${tried}: ${error?.message ?? ''}`;
  const is = [server.name, server.version].filter((part) => part !== undefined).join(' ');
  const offers =
    tools === undefined ? (error?.message ?? '') : `${count(tools.count, 'tool')}, about ${tools.tokens} tokens`;
  return `${name}: ${status}${tried} in ${Math.round(ms)} ms: ${is}, revision ${server.revision}, ${offers}`;
}

export async function status(settings: Settings, flags: ServersFlags): Promise<void> {
  const answers = await askAll(runtimeDir(settings), { do: 'status' });
  const gateways = answers.flatMap(({ lines }) => lines);
  if (flags.json === true) return printJson(gateways);
  for (const { gateway, servers } of gateways) {
    if (gateway === undefined || servers === undefined) continue;
    print(`gateway ${gateway.pid}, ${gateway.transport}, version ${gateway.version}, up ${gateway.uptime_seconds} s`);
    for (const line of table([HEAD, ...servers.map(row)])) print(`  ${line}`);
  }
}

const HEAD = [
  ...['server', 'state', 'connections', 'running', 'waiting', 'starts'],
  ...['calls', 'errors', 'p50', 'p95', 'queue', 'serving', 'gateway', 'last use', 'last error'],
];

function row(server: ServerReport): string[] {
  const { name, state, instances, active, waiting, starts, retry_in_ms, figures } = server;
  const again = retry_in_ms === undefined ? '' : ` (again in ${Math.ceil(retry_in_ms / 1000)} s)`;
  const numbers = [instances, active, waiting, starts, figures?.calls, figures?.errors];
  const { p50_ms, p95_ms, queue_p95_ms, server_p95_ms, gateway_p95_ms, last_use } = figures ?? {};
  return [
    ...[name, `${state}${again}`],
    ...numbers.map((value) => String(value ?? 0)),
    ...[p50_ms, p95_ms, queue_p95_ms, server_p95_ms, gateway_p95_ms].map(shownMs),
    last_use === undefined ? '' : shownTime(last_use),
    lastError(server),
  ];
}

/** The error of the server itself, else that of the last call that failed. */
function lastError({ last_error, figures }: ServerReport): string {
  const { last_error_code: code, last_error_at: at } = figures ?? {};
  return last_error ?? (code === undefined || at === undefined ? '' : `${code} (${shownTime(at)})`);
}

export async function control(settings: Settings, name: string, what: 'restart' | 'stop'): Promise<void> {
  const answers = await askAll(runtimeDir(settings), { do: what, server: name });
  const lines = answers.flatMap((answer) => answer.lines);
  const done = lines.filter((line) => line.done === true).length;
  if (done === 0) throw new GatewayError('SERVER_UNAVAILABLE', lines[0]?.error ?? 'The gateway gave no answer.');
  const where = done === 1 ? '' : ` in ${done} gateways`;
  print(`Server "${name}" was ${what === 'stop' ? 'stopped; the next call starts it' : 'restarted'}${where}.`);
}

export async function logs(settings: Settings, name: string, { follow }: ServersFlags): Promise<void> {
  const answers = await askAll(runtimeDir(settings), { do: 'logs', server: name });
  const running = answers.filter(({ lines }) => lines.some(({ text }) => text !== undefined));
  const [first] = answers.flatMap(({ lines }) => lines);
  if (running.length === 0) throw new GatewayError('SERVER_UNAVAILABLE', first?.error ?? 'The gateway gave no answer.');
  if (follow !== true) {
    for (const { lines } of running) for (const { text } of lines) if (text !== undefined) printText(text);
    return;
  }
  const take = ({ text }: { readonly text?: string }): void => {
    if (text !== undefined) printText(text);
  };
  await Promise.all(running.map(({ path }) => ask(path, { do: 'logs', server: name, follow: true }, take)));
}
