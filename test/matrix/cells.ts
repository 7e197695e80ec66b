/** The cells of the matrix, and what is set up for each: one gateway with two servers, and a caller. */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import {
  type Gateway,
  type HttpGateway,
  type Setup,
  type StdioGateway,
  serveHttp,
  serveStdio,
} from '../support/gateway.ts';
import { fileText, type Home, makeHome, servers, sha256, TOKEN } from '../support/home.ts';
import { openHttp } from '../support/http.ts';
import { fixturePath, npmServer } from '../support/paths.ts';
import { type Running, startHttpFixture } from '../support/process.ts';
import { type Answer, type Exchange, MODERN, type RequestExtras } from '../support/rpc.ts';
import { CAPABILITIES, type Caller, createCaller, httpWire, stdioWire } from './caller.ts';

export const ERAS = ['legacy', 'modern'] as const;
export const VIEWS = ['discovery', 'direct', 'single'] as const;

export type Era = (typeof ERAS)[number];

export interface Cell {
  /** Between caller and gateway. */
  readonly transport: 'stdio' | 'http';
  readonly caller: Era;
  readonly server: Era;
  readonly view: (typeof VIEWS)[number];
}

export const CELLS: readonly Cell[] = (['stdio', 'http'] as const).flatMap((transport) =>
  ERAS.flatMap((caller) => ERAS.flatMap((server) => VIEWS.map((view): Cell => ({ transport, caller, server, view })))),
);

/** The transport and the eras of a cell of each view; another cell has the other value of each: any two of the four values meet in one. */
const CHOSEN: Readonly<Record<Cell['view'], string>> = {
  discovery: 'stdio legacy legacy',
  direct: 'stdio legacy modern',
  single: 'stdio modern legacy',
};

/** The cells that are run: in the long suite all of them. */
export function cellsOver(transport: Cell['transport']): Cell[] {
  const of = CELLS.filter((cell) => cell.transport === transport);
  if (process.env['LONG'] === '1') return of;
  return of.filter(({ caller, server, view }) => {
    const [other, ...eras] = CHOSEN[view].split(' ');
    const isSame = [caller, server].map((era, at) => era === eras[at]);
    return isSame.every((same) => same === (transport === other));
  });
}

export function nameOf({ transport, caller, server, view }: Cell): string {
  return `${transport}, ${caller} caller, ${server} server, ${view}`;
}

/** `one` is a program, `two` is reached over HTTP; `everything` is there in cells with legacy servers. */
export type ServerName = 'one' | 'two' | 'everything';

/** One server as the caller of a cell sees it. */
export interface Side {
  readonly caller: Caller;
  /** Name of a prompt. */
  name(name: string): string;
  uri(uri: string): string;
  /** Calls a tool, and answers what is asked meanwhile. */
  tool(name: string, args?: object, extras?: RequestExtras): Promise<Answer>;
  startTool(name: string, args?: object, extras?: RequestExtras): Exchange;
  /** Params of `tools/call`. */
  params(name: string, args?: object): object;
}

export interface Bench {
  readonly cell: Cell;
  readonly home: Home;
  at(server: ServerName): Promise<Side>;
  /** The same with another connection, whose client declared other capabilities. */
  with(capabilities: object, server: ServerName): Promise<Side>;
  /** Writes other rules; resolves when they hold. */
  reload(rules: object): Promise<void>;
  /** Denies more while it does something. */
  denying(more: { readonly resources: object }, body: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

const REVISION = { legacy: '2025-11-25', modern: '2026-07-28' } as const;
const SECRET = { '*': ['secret_*'] };

export const RULES = {
  agents: {
    default: {
      allow: { servers: ['*'] },
      deny: { tools: SECRET, prompts: SECRET, resources: { '*': ['test://secret/*'] } },
    },
  },
  principals: {
    tester: { token_sha256: sha256(TOKEN), default: 'default', may_assume: ['default'] },
    local: { stdio: true, default: 'default', may_assume: ['default'] },
  },
};

/** The servers that are reached over HTTP, one of each era. */
export interface HttpServers {
  readonly url: Readonly<Record<Era, string>>;
  stop(): Promise<void>;
}

export async function startHttpServers(): Promise<HttpServers> {
  const [legacy, modern] = await Promise.all(ERAS.map((era) => startHttpFixture('matrix-server', era, 'http', 'two')));
  if (legacy === undefined || modern === undefined) throw new Error('No servers.');
  const end = (running: Running): Promise<unknown> => running.stop('SIGTERM');
  return {
    url: { legacy: legacy.url, modern: modern.url },
    stop: async () => void (await Promise.all([end(legacy), end(modern)])),
  };
}

function homeOf({ server }: Cell, { url }: HttpServers): Home {
  const one = {
    command: process.execPath,
    args: [fixturePath('matrix-server'), server, 'stdio', 'one'],
    description: 'First',
  };
  const everything = server === 'legacy' ? { everything: npmServer('everything') } : {};
  return makeHome({
    servers: servers({ one, two: { url: url[server], description: 'Second' }, ...everything }),
    rules: RULES,
  });
}

export async function openCell(cell: Cell, http: HttpServers): Promise<Bench> {
  const { transport, view } = cell;
  const home = homeOf(cell, http);
  const gateways: Gateway[] = [];
  const callers = new Map<string, Promise<Caller>>();
  const pipes = new Map<string, Promise<StdioGateway>>();
  const revision = REVISION[cell.caller];
  let shared: Promise<HttpGateway> | undefined;

  const setupFor = (server: ServerName): Setup => {
    const args =
      view === 'direct'
        ? ['--expose', 'direct']
        : view === 'single' && transport === 'stdio'
          ? ['--server', server]
          : [];
    return { home, args, env: { GATEWAY_INIT_STRATEGY: 'lazy' } };
  };
  const kept = async <T extends Gateway>(starting: Promise<T>): Promise<T> => {
    const gateway = await starting;
    gateways.push(gateway);
    return gateway;
  };
  const connect = async (server: ServerName, capabilities: object): Promise<Caller> => {
    if (transport === 'stdio') {
      const at = view === 'single' ? server : '';
      // Requests of 2026-07-28 say each for itself what the client can do: one connection will do for all.
      const piped =
        (revision === MODERN ? pipes.get(at) : undefined) ?? kept(serveStdio(setupFor(server), revision, capabilities));
      pipes.set(at, piped);
      return createCaller(stdioWire((await piped).rpc), capabilities);
    }
    shared ??= kept(serveHttp(setupFor(server)));
    const { url } = await shared;
    const at = view === 'single' ? `${url}/servers/${server}` : url;
    return createCaller(httpWire(await openHttp(at, revision, { token: TOKEN, capabilities })), capabilities);
  };
  const seen = async (server: ServerName, capabilities: object): Promise<Side> => {
    const key = JSON.stringify([view === 'single' ? server : '', capabilities]);
    const caller = callers.get(key) ?? connect(server, capabilities);
    callers.set(key, caller);
    return sideOf(cell, server, await caller);
  };

  const reload = async (rules: object): Promise<void> => {
    const said = 'configuration reloaded';
    const applied = gateways.map(({ running }) => {
      const times = running.stderr().split(said).length;
      return running.waitForStderr(new RegExp(`(?:${said}[^]*){${times}}`));
    });
    writeFileSync(home.rules, fileText({ ...rules }));
    for (const { running } of gateways) running.child.kill('SIGHUP');
    await Promise.all(applied);
  };

  return {
    cell,
    home,
    at: (server) => seen(server, CAPABILITIES),
    with: (capabilities, server) => seen(server, capabilities),
    reload,
    async denying({ resources }, body) {
      const { allow, deny } = RULES.agents.default;
      const denied = { ...deny, resources: { ...deny.resources, ...resources } };
      await reload({ ...RULES, agents: { default: { allow, deny: denied } } });
      await body();
      await reload(RULES);
    },
    async stop() {
      for (const caller of callers.values()) if (transport === 'http') await (await caller).close();
      // They share a home, and each checks when it stops that nothing of it is left.
      for (const { running } of gateways.slice(1)) running.child.stdin?.end();
      await Promise.all(gateways.slice(1).map(({ running }) => running.exited));
      for (const gateway of gateways) await gateway.stop();
    },
  };
}

function sideOf({ view }: Cell, server: ServerName, caller: Caller): Side {
  const exposed = (name: string): string => (view === 'single' ? name : `${server}__${name}`);
  const params = (name: string, args: object = {}): object =>
    view === 'discovery'
      ? { name: 'execute_tool', arguments: { server, tool: name, args } }
      : { name: exposed(name), arguments: args };
  return {
    caller,
    name: exposed,
    uri: (uri) => (view === 'single' ? uri : `mcp://${server}/${uri}`),
    params,
    tool: (name, args, extras) => caller.call('tools/call', params(name, args), extras),
    startTool: (name, args, extras) => caller.start('tools/call', params(name, args), extras),
  };
}
