import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { GatewayError } from '../shared/errors.ts';
import { type SharedStore, StoreUnreachable, storeScript } from './shared-store.ts';
import { HAS_REDIS, openTestStore, startRedis, type TestRedis } from './testing.ts';

const ECHO = storeScript('return { KEYS[1], ARGV[1] }');
const WRITE = storeScript("return redis.call('SET', KEYS[1], ARGV[1])");

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function redis(options: Parameters<typeof startRedis>[0] = {}): Promise<TestRedis> {
  const started = await startRedis(options);
  ends.push(() => started.stop());
  return started;
}

async function store(url: string, lines: string[] = []): Promise<SharedStore> {
  const opened = await openTestStore(url, lines);
  ends.push(() => opened.close());
  return opened;
}

describe.runIf(HAS_REDIS)('a store', () => {
  test('takes steps, knows who else is there, and what time it is', async () => {
    const { url } = await redis();
    const [one, other] = [await store(url), await store(url)];
    expect(await one.run(ECHO, ['key'], ['value'])).toEqual(['{amg}:key', 'value']);
    await vi.waitFor(() => expect(one.replicas).toBe(2));
    expect(Math.abs(one.now() - Date.now())).toBeLessThan(1_000);
    await other.close();
    await vi.waitFor(() => expect(one.replicas).toBe(1));
  });

  test('that was killed is said once, and used again when it is back, by a gateway that it does not know', async () => {
    const first = await redis();
    const lines: string[] = [];
    const one = await store(first.url, lines);
    const returned = vi.fn();
    one.onReturn(returned);
    await first.stop();
    await vi.waitFor(() => expect(one.isUp).toBe(false));
    await expect(one.run(ECHO, ['key'], ['value'])).rejects.toThrow(StoreUnreachable);
    await redis({ port: first.port });
    await vi.waitFor(() => expect(one.isUp).toBe(true), 5_000);
    expect(returned).toHaveBeenCalledTimes(1);
    expect(await one.run(ECHO, ['key'], ['value'])).toEqual(['{amg}:key', 'value']);
    expect(lines.filter((line) => line.includes('cannot be reached'))).toHaveLength(1);
  });

  test('that is frozen is left alone after a second, and used again', async () => {
    const { url, child } = await redis();
    const one = await store(url);
    child.kill('SIGSTOP');
    const at = performance.now();
    await expect(one.run(ECHO, ['key'], ['value'])).rejects.toThrow(StoreUnreachable);
    expect(performance.now() - at).toBeLessThan(3_000);
    await expect(one.run(ECHO, ['key'], ['value'])).rejects.toThrow('not reached a moment ago');
    child.kill('SIGCONT');
    await vi.waitFor(() => expect(one.isUp).toBe(true), 5_000);
  });

  test('that is full is left alone', async () => {
    const { url } = await redis({ more: ['--maxmemory', '1'] });
    await expect(openTestStore(url)).rejects.toThrow(/cannot be used \(OOM/);
  });

  test('with another password stops the start, and nothing repeats it', async () => {
    const { port } = await redis({ more: ['--requirepass', 'right'] });
    const lines: string[] = [];
    const url = `redis://:wrong-secret@127.0.0.1:${port}`;
    const error = await openTestStore(url, lines).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(GatewayError);
    expect((error as GatewayError).message).toMatch(/WRONGPASS|invalid/i);
    expect(JSON.stringify([error, lines, (error as Error).stack])).not.toContain('wrong-secret');
    const good = await store(`redis://:right@127.0.0.1:${port}`);
    expect(await good.run(WRITE, ['key'], ['value'])).toBe('OK');
  });

  test.runIf(process.env['LONG'] === '1')('may be a cluster', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cluster-'));
    ends.push(async () => rmSync(folder, { recursive: true, force: true }));
    const { port } = await redis({
      more: ['--cluster-enabled', 'yes', '--cluster-announce-ip', '127.0.0.1', '--dir', folder],
    });
    const cli = (...args: string[]): string =>
      spawnSync('redis-cli', ['-p', String(port), 'cluster', ...args], { encoding: 'utf8' }).stdout;
    cli('addslotsrange', '0', '16383');
    await vi.waitFor(() => expect(cli('info')).toContain('cluster_state:ok'), 5_000);
    const one = await store(`redis+cluster://127.0.0.1:${port},localhost:${port}`);
    expect(await one.run(ECHO, ['key'], ['value'])).toEqual(['{amg}:key', 'value']);
  });
});
