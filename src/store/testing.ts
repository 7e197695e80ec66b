/** A Redis of its own for a test. */
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import process from 'node:process';
import { openStore, type RedisStoreOptions } from './redis-store.ts';
import type { SharedStore } from './shared-store.ts';

const PROGRAM = ['/usr/bin/redis-server', '/usr/bin/valkey-server'].find((path) => existsSync(path));

/** True where there is one to be started. */
export const HAS_REDIS = PROGRAM !== undefined;

export interface TestRedis {
  readonly port: number;
  readonly url: string;
  readonly child: ChildProcess;
  /** Ends it at once. */
  stop(): Promise<void>;
}

/** @param port of one that ended; by itself a free one. @param more arguments, such as `['--requirepass', 'secret']` */
export async function startRedis({
  port,
  more = [],
}: {
  readonly port?: number;
  readonly more?: readonly string[];
} = {}): Promise<TestRedis> {
  const at = port ?? (await freePort());
  const fixed = ['--port', String(at), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  const child = spawn(PROGRAM ?? 'redis-server', [...fixed, ...more], {
    cwd: tmpdir(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const kill = (): boolean => child.kill('SIGKILL');
  process.once('exit', kill);
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes('Ready to accept connections')) resolve();
    });
    child.once('error', reject);
    child.once('exit', () => reject(new Error(`Redis did not start: ${said}`)));
  });
  return {
    port: at,
    url: `redis://127.0.0.1:${at}`,
    child,
    async stop() {
      kill();
      await exited;
      process.off('exit', kill);
    },
  };
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** A gateway's end of the store, as impatient as a test. @param lines where its log goes */
export async function openTestStore(url: string, lines: string[] = []): Promise<SharedStore> {
  const write = (facts: object | string, text?: string): void => void lines.push(JSON.stringify([facts, text]));
  const log = { info: write, warn: write } as unknown as RedisStoreOptions['log'];
  const metrics = { counter: () => ({ inc: () => {} }), gauge: () => {} } as unknown as RedisStoreOptions['metrics'];
  return openStore({ url, log, metrics, beatMs: 20, leaseMs: 200 });
}

export interface TestProxy {
  readonly url: string;
  /** Milliseconds that answers take longer. */
  delayMs: number;
  /** Ends all connections, and takes no more until it is true again. */
  setOpen(open: boolean): void;
  stop(): Promise<void>;
}

/** A way to a Redis that is slow, or is cut. */
export async function openProxy(redis: TestRedis): Promise<TestProxy> {
  const ends = new Set<Socket>();
  let isOpen = true;
  const server = createServer((client) => {
    if (!isOpen) {
      client.destroy();
      return;
    }
    const redisEnd = connect(redis.port, '127.0.0.1');
    for (const end of [client, redisEnd]) {
      ends.add(end);
      end.on('error', () => undefined);
      end.once('close', () => {
        ends.delete(end);
        client.destroy();
        redisEnd.destroy();
      });
    }
    client.pipe(redisEnd);
    redisEnd.on('data', (bytes) => {
      if (proxy.delayMs === 0) client.write(bytes);
      else setTimeout(() => client.destroyed || client.write(bytes), proxy.delayMs);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const proxy: TestProxy = {
    url: `redis://127.0.0.1:${port}`,
    delayMs: 0,
    setOpen(open) {
      isOpen = open;
      if (!open) for (const end of ends) end.destroy();
    },
    stop: () =>
      new Promise((resolve) => {
        for (const end of ends) end.destroy();
        server.close(() => resolve());
      }),
  };
  return proxy;
}
