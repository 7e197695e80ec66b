/** A gateway with a home of its own, for one client: over HTTP as a process that can be started again, over stdio as a command. */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const MAIN = process.env.CLIENTS_MAIN ?? fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const SERVER = fileURLToPath(new URL('server.mjs', import.meta.url));

/** What every process gets that is not the gateway of this machine's user: nothing but loopback can be reached. */
export const CLOSED = {
  PATH: process.env.PATH ?? '',
  LANG: 'C.UTF-8',
  NO_COLOR: '1',
  HTTP_PROXY: 'http://127.0.0.1:9',
  HTTPS_PROXY: 'http://127.0.0.1:9',
  NO_PROXY: '127.0.0.1,localhost,::1',
};

/**
 * @param dir an empty folder
 * @param options.isHome whether its files are where they are in a home folder, and not in folders that variables name
 */
export function makeGateway(dir, { maxResultTokens, isHome = false } = {}) {
  const config = path.join(dir, isHome ? '.config' : 'config', 'agent-mcp-gateway');
  mkdirSync(config, { recursive: true });
  const events = path.join(dir, 'events');
  const token = randomBytes(32).toString('base64url');
  const bench = {
    command: process.execPath,
    args: [SERVER],
    env: { EVENTS_FILE: events },
    description: 'Things to try.',
    timeout_ms: 900_000,
  };
  const agent = { allow: { servers: ['*'] }, deny: { tools: { bench: ['delete_*'] } } };
  const limit = maxResultTokens === undefined ? {} : { max_result_tokens: maxResultTokens };
  writeFileSync(path.join(config, '.mcp.json'), JSON.stringify({ mcpServers: { bench } }));
  writeFileSync(
    path.join(config, '.mcp-gateway-rules.json'),
    JSON.stringify({
      agents: { default: { ...agent, ...limit } },
      principals: {
        client: { token_sha256: createHash('sha256').update(token).digest('hex'), may_assume: ['*'] },
        local: { stdio: true, may_assume: ['*'] },
      },
    }),
  );
  const env = {
    PATH: process.env.PATH ?? '',
    HOME: dir,
    ...(isHome ? {} : { XDG_CONFIG_HOME: path.join(dir, 'config'), XDG_CACHE_HOME: path.join(dir, 'cache') }),
    GATEWAY_KEYCHAIN: '0',
  };
  let child;
  let port = 0;
  let url = '';

  const start = async () => {
    const args = [MAIN, 'serve', '--transport', 'http', '--port', String(port)];
    child = spawn(process.execPath, args, { env, cwd: dir, stdio: ['ignore', 'ignore', 'pipe'] });
    const started = child;
    url = await new Promise((resolve, reject) => {
      const lines = [];
      createInterface({ input: started.stderr }).on('line', (line) => {
        lines.push(line);
        const match = /listening on (http:\/\/[^\s"]+\/mcp)/.exec(line);
        if (match !== null) resolve(match[1]);
      });
      started.once('exit', () => reject(new Error(`The gateway ended:\n${lines.join('\n')}`)));
    });
    port = new URL(url).port;
  };
  const stop = async () => {
    if (child === undefined || child.exitCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
  };

  return {
    token,
    start,
    stop,
    url: () => url,
    /** For the configuration of clients that start it themselves. */
    command: { command: process.execPath, args: [MAIN], env },
    async restart() {
      await stop();
      await start();
    },
    events: () => (existsSync(events) ? readFileSync(events, 'utf8').split('\n') : []),
  };
}
