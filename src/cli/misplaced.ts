/** Settings that mean nothing with the chosen transport: somebody would believe that they hold. */
import process from 'node:process';
import type { Settings } from '../config/settings.ts';
import { GatewayError } from '../shared/errors.ts';
import type { CommandFlags } from './flags.ts';

/** @throws GatewayError USAGE */
export function refuseMisplaced(settings: Settings, flags: CommandFlags): void {
  if (settings.transport === 'stdio') refuseOverStdio(settings, flags);
  else refuseOverHttp(settings);
}

/** Variables are not refused here: they may be set for other gateways too. */
function refuseOverStdio({ workers }: Settings, { host, port, auth, ui, uiWrite }: CommandFlags): void {
  if (workers > 1) {
    throw usage('--workers (GATEWAY_WORKERS) needs --transport http: over stdio there is one process.');
  }
  const given = [
    host !== undefined && '--host',
    port !== undefined && '--port',
    auth === false && '--no-auth',
    ui === true && '--ui',
    uiWrite === true && '--ui-write',
  ];
  const flag = given.find((name) => name !== false);
  if (flag !== undefined) throw usage(`${flag} needs --transport http: over stdio nothing listens.`);
}

function refuseOverHttp({ server, workers, noAuth, ui, store }: Settings): void {
  if (noAuth && ui !== 'off') {
    throw usage('--ui has to know who looks: leave out --no-auth, or use "agent-mcp-gateway ui" on this machine.');
  }
  if (server !== undefined) {
    const path = `/mcp/servers/${encodeURIComponent(server)}`;
    throw usage(
      `--server is for stdio: over HTTP, every server stands alone at /mcp/servers/NAME, this one at ${path}.`,
    );
  }
  if (workers > 1 && store !== undefined) {
    throw usage('--workers and --store (GATEWAY_STORE) do not go together: run more gateways of one process each.');
  }
  if (workers > 1 && process.platform === 'win32') {
    throw usage('--workers (GATEWAY_WORKERS) takes only 1 on Windows: several need Linux or macOS.');
  }
}

function usage(message: string): GatewayError {
  return new GatewayError('USAGE', message);
}
