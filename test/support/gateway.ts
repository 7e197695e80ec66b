import process from 'node:process';
import { type Files, type Home, makeHome, TOKEN } from './home.ts';
import { openHttp } from './http.ts';
import { assertGone, processesOf, type Running, startGateway } from './process.ts';
import { MODERN, type Rpc } from './rpc.ts';
import { openStdio, type StdioRpc } from './stdio.ts';

export interface Setup extends Files {
  readonly env?: Readonly<Record<string, string>>;
  /** Arguments after those that choose the transport. */
  readonly args?: readonly string[];
  /** A home that the test made itself; `servers` and `rules` are ignored then. */
  readonly home?: Home;
  readonly cwd?: string;
}

export interface Gateway {
  readonly home: Home;
  readonly running: Running;
  /** Ends it the way a client would, and throws when it does not end, or leaves a process behind. */
  stop(): Promise<void>;
}

export interface HttpGateway extends Gateway {
  /** The MCP endpoint. */
  readonly url: string;
  readonly origin: string;
  /** A raw connection with the token of `withPrincipals`. */
  open(revision?: string): Promise<Rpc>;
}

export interface StdioGateway extends Gateway {
  readonly rpc: StdioRpc;
}

const started = new Set<Gateway>();

/** Ends what a failed test left running. */
export async function endLeftovers(): Promise<void> {
  for (const gateway of started) {
    gateway.running.child.kill('SIGKILL');
    await gateway.running.exited;
    for (const pid of processesOf(gateway.home.dir)) killLeftover(pid);
    gateway.home.remove();
  }
  started.clear();
}

function killLeftover(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Gone by itself.
  }
}

/** @param capabilities of the client, for `initialize`. */
export async function serveStdio(
  setup: Setup,
  revision: string = MODERN,
  capabilities?: object,
): Promise<StdioGateway> {
  const { home, running } = launch([], setup);
  const gateway = track(home, running, async () => {
    running.child.stdin?.end();
    return running.stop(null);
  });
  try {
    return { ...gateway, rpc: await openStdio(running.child, revision, capabilities) };
  } catch (error) {
    throw new Error(`No start over stdio: ${String(error)}\n${running.stderr()}`);
  }
}

export async function serveHttp(setup: Setup): Promise<HttpGateway> {
  const { home, running } = launch(['serve', '--transport', 'http', '--port', '0'], setup);
  const gateway = track(home, running, () => running.stop('SIGTERM'));
  const url = (await running.waitForStderr(/listening on (http:\/\/[^\s"]+\/mcp)/))[1] ?? '';
  return {
    ...gateway,
    url,
    origin: new URL(url).origin,
    open: (revision = MODERN) => openHttp(url, revision, { token: TOKEN }),
  };
}

export function launch(args: readonly string[], setup: Setup): { home: Home; running: Running } {
  const home = setup.home ?? makeHome(setup);
  const running = startGateway([...args, ...(setup.args ?? [])], {
    env: { ...home.env, ...setup.env },
    cwd: setup.cwd ?? home.cwd,
  });
  return { home, running };
}

function track(home: Home, running: Running, end: () => Promise<{ code: number | null }>): Gateway {
  const gateway: Gateway = {
    home,
    running,
    async stop() {
      const { code } = await end();
      started.delete(gateway);
      if (code !== 0) throw new Error(`The gateway ended with ${code}:\n${running.stderr()}`);
      await assertGone(home.dir);
      home.remove();
    },
  };
  started.add(gateway);
  return gateway;
}
