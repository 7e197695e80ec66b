/** Runs `top`: collects figures once a second and draws them over the ones before. */
import { existsSync } from 'node:fs';
import process from 'node:process';
import { callStatistics } from '../audit/query/call-statistics.ts';
import { LogFollower } from '../audit/query/follow-log.ts';
import { readRecord } from '../audit/query/log-record.ts';
import { type PastRecord, recentCalls } from '../audit/query/recent-calls.ts';
import { runtimeDir, type Settings } from '../config/settings.ts';
import { GatewayError } from '../shared/errors.ts';
import { eachOnce } from '../ui/each-once.ts';
import { askRunning } from './control-client.ts';
import { closeOnInterruption } from './interruption.ts';
import { print, printJson, screen } from './output.ts';
import { readingLog } from './past-log.ts';
import { type TopFigures, topLines, WINDOW_MINUTES } from './top-screen.ts';

const EVERY_MS = 1000;
const WINDOW_MS = WINDOW_MINUTES * 60_000;
/** Calls of the window that are counted: memory and time stay bounded where there are more. */
const MOST = 50_000;

/** @throws GatewayError USAGE where there is no terminal to draw on */
export async function topCommand(settings: Settings, form: 'live' | 'once' | 'json'): Promise<void> {
  const calls = new RecentCalls(settings.auditLog);
  try {
    if (form === 'json') return printJson(await figuresOf(settings, calls));
    if (form === 'once') {
      for (const { text, style } of topLines(await figuresOf(settings, calls), Number.POSITIVE_INFINITY)) {
        print(style === undefined ? text : { text, style });
      }
      return;
    }
    if (!process.stdout.isTTY) {
      throw new GatewayError('USAGE', 'There is no terminal to draw on: --once prints it once, --json for programs.');
    }
    await live(settings, calls);
  } finally {
    calls.close();
  }
}

/** Draws until somebody presses q, or ends the process. */
async function live(settings: Settings, calls: RecentCalls): Promise<void> {
  const drawn = screen();
  const takeBack = closeOnInterruption(async () => drawn.close());
  const ended = quitKey();
  try {
    for (;;) {
      const { columns, rows } = process.stdout;
      drawn.draw(topLines(await figuresOf(settings, calls), columns, rows));
      const timer = new AbortController();
      const tick = new Promise<'tick'>((resolve) => {
        const at = setTimeout(resolve, EVERY_MS, 'tick');
        timer.signal.addEventListener('abort', () => clearTimeout(at));
      });
      const what = await Promise.race([tick, ended.pressed]);
      timer.abort();
      if (what === 'quit') return;
    }
  } finally {
    ended.close();
    drawn.close();
    takeBack();
  }
}

/** Resolves when q or Ctrl-C is pressed. */
function quitKey(): { readonly pressed: Promise<'quit'>; close(): void } {
  const { stdin } = process;
  if (!stdin.isTTY) return { pressed: new Promise(() => undefined), close: () => undefined };
  stdin.setRawMode(true).resume();
  return {
    pressed: new Promise((resolve) => {
      stdin.on('data', (keys: Buffer) => {
        if (keys.includes('q') || keys.includes(0x03)) resolve('quit');
      });
    }),
    close: () => void stdin.setRawMode(false).pause(),
  };
}

async function figuresOf(settings: Settings, calls: RecentCalls): Promise<TopFigures> {
  const running = await servers(settings);
  const window = calls.read();
  return {
    at: new Date().toISOString(),
    ...running,
    byServer: callStatistics(window, 'server').filter(({ group: [name] }) => name !== null),
    byAgent: callStatistics(window, 'agent'),
    calls: window.slice(0, 100),
  };
}

async function servers(settings: Settings): Promise<Pick<TopFigures, 'gateways' | 'servers'>> {
  const answers = await askRunning(runtimeDir(settings), { do: 'status' });
  return {
    gateways: answers.length,
    servers: eachOnce(answers.flatMap(({ lines }) => lines.flatMap((line) => line.servers ?? []))),
  };
}

/** Calls of the last minutes, the newest first; read once, and then followed. */
class RecentCalls {
  readonly #log: string;
  readonly #follower: LogFollower;
  #calls: PastRecord[] = [];

  constructor(log: string) {
    this.#log = log;
    this.#follower = new LogFollower(log);
    if (!existsSync(log)) return;
    for (const call of readingLog(log, () => recentCalls(log, { since: Date.now() - WINDOW_MS }))) {
      if (this.#calls.push(call) === MOST) return;
    }
  }

  read(): readonly PastRecord[] {
    const lines = existsSync(this.#log) ? this.#follower.read() : [];
    const ended = lines
      .flatMap((line) => readRecord(line) ?? [])
      .filter(({ phase }) => phase === 'finished')
      .map((record) => ({ ...record, isOpen: false }));
    const from = new Date(Date.now() - WINDOW_MS).toISOString();
    this.#calls = [...ended.reverse(), ...this.#calls].slice(0, MOST).filter(({ timestamp }) => timestamp >= from);
    return this.#calls;
  }

  close(): void {
    this.#follower.close();
  }
}
