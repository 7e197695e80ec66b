/** The life of a serving process: start, signals, stop. */
import process from 'node:process';
import type { Settings } from '../config/settings.ts';
import { createGateway, type Gateway } from '../gateway/gateway.ts';
import { keepProgram } from '../shared/built-files.ts';
import { keepCrashesPrivate } from '../shared/crash-reports.ts';
import { GatewayError } from '../shared/errors.ts';
import { drained } from '../shared/flush-output.ts';
import type { CommandFlags } from './flags.ts';
import { refuseMisplaced } from './misplaced.ts';
import { say } from './output.ts';
import { endWithoutTerminal, watchTerminal } from './terminal.ts';

/** Milliseconds that running calls get to finish once the gateway stops (docs/operations.md, Stop). */
const DRAIN_MS = 10_000;
/** Milliseconds until the gateway is gone once its client is; the guardian ends what is left of the servers. */
const VANISH_MS = 1600;
/** Exit statuses after Ctrl-C, and after the end of the terminal: 128 and the number of the signal, as shells say. */
const INTERRUPTED = 130;
const HUNG_UP = 129;
/** Milliseconds in which the system notices that a parent ended whose pipes are closed already. */
const PARENT_MS = 50;

/** The part that a gateway of one process and one of several have in common. */
type Life = Pick<Gateway, 'log' | 'serveHttp' | 'reload' | 'stop' | 'kill'>;

/**
 * Serves until a signal or the client ends it; the process exits then.
 * @param flags that the settings were made of.
 * @throws GatewayError where it cannot start: NESTED_GATEWAY, CONFIG_NOT_FOUND, CONFIG_INVALID, CANNOT_LISTEN, CANNOT_WRITE, USAGE
 */
export async function serve(settings: Settings, flags: CommandFlags): Promise<void> {
  refuseNesting(settings);
  refuseMisplaced(settings, flags);
  keepCrashesPrivate();
  let gateway: Life | undefined;
  let stopping = false;
  /** Exit status of an end that waits for nothing. */
  let hurried = 1;
  const parent = process.ppid;
  const isTerminalGone = watchTerminal();
  endWithoutTerminal();
  const stop = (reason: string, drainMs: number = DRAIN_MS, status = 0): void => {
    if (gateway === undefined) process.exit(status);
    if (status !== 0) hurried = status;
    if (stopping) leave(gateway, hurried);
    stopping = true;
    gateway.log.info({ reason }, 'stopping');
    const { log } = gateway;
    const answered = async (): Promise<void> => {
      await gateway?.stop(drainMs);
      // A slow client still gets what was written for it.
      await drained(process.stdout, drainMs);
    };
    answered().then(
      () => process.exit(status),
      (error: unknown) => {
        log.error({ err: error }, 'the stop failed');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', () => stop('SIGTERM'));
  process.on('SIGINT', () => stop('SIGINT', DRAIN_MS, INTERRUPTED));
  process.on('SIGHUP', () => {
    if (!isTerminalGone()) void gateway?.reload();
    else if (!stopping) stop('terminal closed', DRAIN_MS, HUNG_UP);
  });
  if (settings.workers > 1) {
    const { createCluster } = await import('../cluster/primary.ts');
    gateway = await createCluster(settings);
    return serveOverHttp(gateway, settings);
  }
  const started = await createGateway(settings);
  gateway = started;
  if (settings.transport === 'http') return serveOverHttp(started, settings);
  await started.serveStdio(process.stdin, process.stdout, (reason) => {
    if (reason === 'stdout broken') leave(started, hurried);
    endWithClient(parent, (drainMs) => {
      if (!stopping) stop(reason, drainMs);
    });
  });
  await keep(started);
}

/** An upgrade over a running gateway breaks nothing. */
async function keep({ log }: Life): Promise<void> {
  try {
    await keepProgram();
    log.debug({}, 'the files of the program are kept');
  } catch (error) {
    log.warn({ err: error }, 'the files of the program cannot be kept: an upgrade needs a restart at once');
  }
}

/**
 * A client that closed our stdin may still read answers: what runs is finished for it. One that is gone may not, and nobody
 * waits for it: what is in flight is cancelled.
 * @param parent process id of whoever started us.
 */
function endWithClient(parent: number, stop: (drainMs: number) => void): void {
  let stopping = false;
  const look = (): void => {
    const isGone = process.ppid !== parent;
    if (!stopping) stop(isGone ? 0 : DRAIN_MS);
    stopping = true;
    if (isGone) setTimeout(() => process.exit(0), VANISH_MS);
    else setTimeout(look, PARENT_MS).unref();
  };
  setTimeout(look, PARENT_MS);
}

/** Exits at once; the guardian ends what is left of the servers (docs/servers.md, Stop). */
function leave(gateway: Life, status: number): never {
  gateway.kill();
  process.exit(status);
}

async function serveOverHttp(gateway: Life, { allowedHosts }: Settings): Promise<void> {
  await keep(gateway);
  const { url, newToken } = await gateway.serveHttp();
  gateway.log.info(`listening on ${url}`);
  const isEverywhere = EVERYWHERE.test(url);
  if (isEverywhere && allowedHosts.length === 0) gateway.log.warn(OPEN_TO_ALL);
  const here = isEverywhere ? url.replace(EVERYWHERE, '//127.0.0.1') : url;
  if (newToken !== undefined) say(...clientConfiguration(here, newToken).split('\n'));
}

/** All addresses of this machine: nothing that a client could be given. */
const EVERYWHERE = /\/\/(?:0\.0\.0\.0|\[::\])/;
const OPEN_TO_ALL =
  'every machine that reaches this one can connect: clients use its name or address, which GATEWAY_ALLOWED_HOSTS must list; without TLS in front, tokens can be read on the way (docs/operations.md)';

function clientConfiguration(url: string, token: string): string {
  const entry = { mcpServers: { gateway: { type: 'http', url, headers: { Authorization: `Bearer ${token}` } } } };
  return `\nA token was made for this gateway. Paste this into your MCP client's configuration:\n\n${JSON.stringify(entry, null, 2)}\n`;
}

/** A gateway that was started by a gateway would start gateways without end. */
function refuseNesting({ allowNested }: Settings): void {
  if (process.env['AGENT_MCP_GATEWAY'] === undefined || allowNested) return;
  throw new GatewayError(
    'NESTED_GATEWAY',
    "This gateway was started by another gateway: remove its entry there, or set GATEWAY_ALLOW_NESTED=1 in that entry's env.",
  );
}
