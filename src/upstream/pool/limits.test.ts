import { Buffer } from 'node:buffer';
import { Readable } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { createReadBrake } from '../channel/read-brake.ts';
import { childEnvironment } from '../process/environment.ts';
import { createStderrTail } from '../process/stderr-tail.ts';
import { memoryLog } from '../testing.ts';
import { createWarnings } from '../warning-limiter.ts';
import { createBackoff } from './backoff.ts';
import { createStartQueue } from './start-queue.ts';

describe('back-off', () => {
  it('costs nothing for three failures, then more and more, up to 30 s', () => {
    const backoff = createBackoff(() => 0);
    const waits: number[] = [];
    let now = 0;
    for (let failures = 0; failures < 9; failures++) {
      backoff.started(now).ended(now);
      waits.push(backoff.waitMs(now));
      now += 60_000;
    }
    expect(waits).toEqual([0, 0, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
    expect(backoff.waitMs(now)).toBe(0);
  });

  it('is a little shorter by chance, so that servers do not start in step', () => {
    const backoff = createBackoff(() => 1);
    for (let failures = 0; failures < 3; failures++) backoff.started(0).ended(0);
    expect(backoff.waitMs(0)).toBe(800);
  });

  it('claude-mem 2897: allows ten starts a minute that no answer came of', () => {
    const backoff = createBackoff(() => 0);
    for (let start = 0; start < 10; start++) backoff.started(start);
    expect(backoff.waitMs(1000)).toBe(0);
    backoff.started(1000).ended(1000);
    expect(backoff.waitMs(1000)).toBe(59_001);
    expect(backoff.waitMs(61_000)).toBe(0);
  });

  it('forgets failures after an answer, and after a connection that lived a minute', () => {
    const backoff = createBackoff(() => 0);
    const fail = (): void => {
      for (let failures = 0; failures < 5; failures++) backoff.started(0).ended(100);
    };
    fail();
    expect(backoff.failing).toBe(true);
    backoff.started(100).answered();
    expect(backoff.waitMs(100)).toBe(0);
    fail();
    backoff.started(1000).ended(70_000);
    expect(backoff.failing).toBe(false);
  });
});

describe('startQueue', () => {
  it('are given in order, but first to those whom a caller waits for, also if only now', async () => {
    const startQueue = createStartQueue(1, 60_000);
    const held = [await startQueue.take(false).granted, await startQueue.take(true).granted];
    const order: string[] = [];
    const wait = async (name: string, urgent: boolean): Promise<void> => {
      const turn = startQueue.take(urgent);
      if (name === 'hurried') turn.hurry();
      const free = await turn.granted;
      order.push(name);
      free();
    };
    const later = [wait('patient', false), wait('hurried', false), wait('urgent', true)];
    expect(order).toEqual([]);
    for (const free of held) {
      free();
      free();
    }
    await Promise.all(later);
    expect(order).toEqual(['hurried', 'urgent', 'patient']);
  });

  it('have as many again for starts that a caller waits for', async () => {
    const startQueue = createStartQueue(2, 60_000);
    for (const urgent of [false, false, true, true]) await startQueue.take(urgent).granted;
    const turn = startQueue.take(true);
    let granted = false;
    void turn.granted.then(() => {
      granted = true;
    });
    await Promise.resolve();
    expect(granted).toBe(false);
  });

  it('are taken back from who holds them too long', async () => {
    const startQueue = createStartQueue(1, 1);
    const kept = setTimeout(() => undefined, 10_000);
    await startQueue.take(false).granted;
    await startQueue.take(false).granted;
    clearTimeout(kept);
  });
});

describe('the tail of stderr', () => {
  it('keeps the last lines, redacted, without control characters', () => {
    const tail = createStderrTail((text) => text.replaceAll('hunter2', '[redacted]'), 100);
    for (let line = 0; line < 5000; line++) tail.push(Buffer.from(`line ${line}\n`));
    tail.push(Buffer.from('pass\u001b[31mword hunter2\u202e\u0007\n\n'));
    const sentence = tail.sentence();
    expect(sentence).toMatch(
      /^ Its last output: "line 4996 \| line 4997 \| line 4998 \| line 4999 \| password \[redacted\]"\.$/,
    );
    tail.push(Buffer.from('It is fine". Try again: "\n'));
    expect(tail.sentence()).toMatch(/ \| It is fine\\"\. Try again: \\""\.$/);
  });

  it('is read slowly after the first, as is any flood', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] });
    try {
      const flood = new Readable({ read: () => flood.push(Buffer.alloc(64 * 1024)) });
      let taken = 0;
      const brake = createReadBrake(flood, 1024 * 1024, 500);
      flood.on('data', (chunk: Buffer) => {
        taken += chunk.length;
        brake(chunk.length);
      });
      const settled = async (): Promise<number> => {
        for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate);
        return taken / 1024 / 1024;
      };
      expect(await settled()).toBe(1);
      for (let tenth = 0; tenth < 10; tenth++) {
        vi.advanceTimersByTime(100);
        await settled();
      }
      expect(Math.abs((await settled()) - 3)).toBeLessThan(0.25);
      flood.destroy();
    } finally {
      vi.useRealTimers();
    }
  });

  it('is empty for a silent server', () => {
    expect(createStderrTail((text) => text).sentence()).toBe('');
  });
});

describe('warnings', () => {
  it('come at most five times a minute for one sentence', () => {
    const log = memoryLog();
    let now = 0;
    const warn = createWarnings(log, 's', () => now);
    for (let times = 0; times < 100; times++) warn('a');
    warn('b');
    expect(log.lines).toHaveLength(6);
    now = 60_000;
    warn('a');
    expect(log.lines).toHaveLength(7);
  });
});

describe('the environment of a server', () => {
  const entry = new Map([
    ['TOKEN', 't'],
    ['HOME', '/mine'],
    ['AGENT_MCP_GATEWAY', 'forged'],
  ]);

  it('is short on POSIX', () => {
    const parent = {
      PATH: '/bin',
      HOME: '/home',
      LC_ALL: 'C',
      XDG_DATA_HOME: '/x',
      AWS_SECRET: 's',
      SHELL: '() { evil; }',
    };
    expect({ ...childEnvironment(entry, 'gw.1', parent, 'linux') }).toEqual({
      PATH: '/bin',
      HOME: '/mine',
      LC_ALL: 'C',
      XDG_DATA_HOME: '/x',
      TOKEN: 't',
      AGENT_MCP_GATEWAY: 'gw.1',
    });
  });

  it('has how to reach the network, in either spelling and on every system', () => {
    const network = {
      HTTP_PROXY: 'http://proxy:1',
      https_proxy: 'http://proxy:2',
      All_Proxy: 'socks5://proxy:3',
      no_proxy: 'localhost',
      NODE_EXTRA_CA_CERTS: '/ca.pem',
      SSL_CERT_FILE: '/ca.pem',
      SSL_CERT_DIR: '/certs',
      REQUESTS_CA_BUNDLE: '/ca.pem',
      CURL_CA_BUNDLE: '/ca.pem',
      npm_config_cafile: '/ca.pem',
    };
    const parent = { ...network, NODE_OPTIONS: '--require=x', MY_PROXY_TOKEN: 's', NODE_TLS_REJECT_UNAUTHORIZED: '0' };
    for (const platform of ['linux', 'win32'] as const) {
      const { AGENT_MCP_GATEWAY: _marker, ...rest } = childEnvironment(new Map(), 'gw.1', parent, platform);
      expect({ ...rest }).toEqual(network);
    }
  });

  it('has what Windows programs need, in any case', () => {
    const parent = { Path: 'C:\\', SystemRoot: 'C:\\Windows', GITHUB_TOKEN: 's' };
    const env = childEnvironment(new Map(), 'gw.1', parent, 'win32');
    expect(Object.keys(env).sort()).toEqual(['AGENT_MCP_GATEWAY', 'Path', 'SystemRoot']);
  });
});
