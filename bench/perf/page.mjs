/**
 * `node bench/perf/page.mjs`: what an open web page costs the calls, in rounds with it and without it, and whether its server needs more memory
 * the longer it watches 10,000 records a second. Options: see bench/README.md. Linux only.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, rmSync, statSync, truncateSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { compare } from './compare.mjs';
import { echoTarget, MAIN, makeHome, serversOf, startGateway } from './gateway.mjs';
import { cpuMs, exited, firstLine, rssMb, startPeer } from './processes.mjs';
import { rounds } from './rounds.mjs';
import { say } from './say.mjs';
import { median } from './statistics.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    seconds: { type: 'string', default: '2' },
    concurrency: { type: 'string', default: '16' },
    browser: { type: 'boolean', default: false },
    minutes: { type: 'string' },
    paint: { type: 'boolean', default: false },
  },
});

/** Records of the second part. */
const PER_SECOND = 10_000;
/** Bytes after which the log of the second part begins anew. */
const MAX_LOG = 256 * 1024 * 1024;
/** Milliseconds between two questions of a page. */
const REFRESH_MS = 2000;

if (values.paint) await paint();
else if (values.minutes === undefined) await beside();
else await watch(Number(values.minutes));
process.exit();

async function beside() {
  const echo = await startPeer('echo-http', '--era', 'modern');
  const gateway = await startGateway({ servers: serversOf({ behind: 'http', url: echo.url }) });
  const ui = await startUi(gateway.dir);
  const target = echoTarget(gateway);
  const lane = { pids: gateway.pids, concurrency: Number(values.concurrency), target };
  const open = values.browser ? await openBrowser(ui) : openReader(ui);
  let look;
  let cost = 0;
  const around = async ({ name }, when) => {
    if (name !== 'open') return;
    if (when === 'before') {
      look = await open();
      cost -= cpuMs([ui.pid]);
    } else {
      cost += cpuMs([ui.pid]);
      await look();
    }
  };
  const options = { rounds: Number(values.rounds), seconds: Number(values.seconds) };
  const { rows } = await rounds(
    [
      { ...lane, name: 'closed' },
      { ...lane, name: 'open' },
    ],
    options,
    around,
  );
  compare(...rows);
  const opened = rows[1].rounds;
  const measured = options.rounds * options.seconds * 1000;
  say(
    `records a second: ${Math.round(2 * median(opened.map(({ perSecond }) => perSecond)))}; the server of the page: ${((100 * cost) / measured).toFixed(0)} % of a processor`,
  );
  await ui.stop();
  await gateway.stop();
  await echo.stop();
}

/** Milliseconds until a browser paints something of the page, with 200 servers. */
async function paint() {
  const echo = await startPeer('echo-http', '--era', 'modern');
  const servers = serversOf({ behind: 'http', url: echo.url, count: 200 });
  const gateway = await startGateway({ servers });
  const ui = await startUi(gateway.dir);
  const open = await openBrowser(ui, 'main');
  const times = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const close = await open(async (page) => {
      times.push(await page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"));
    });
    await close();
  }
  say(
    `first contentful paint with 200 servers: median ${median(times).toFixed(0)} ms, least ${Math.min(...times).toFixed(0)} ms`,
  );
  await ui.stop();
  await gateway.stop();
  await echo.stop();
}

/** A log that grows by itself, and a page that follows it. */
async function watch(minutes) {
  const { dir } = makeHome({ servers: {}, rules: { agents: {} } });
  const log = join(dir, 'cache/agent-mcp-gateway/logs/audit.jsonl');
  mkdirSync(dirname(log), { recursive: true });
  appendFileSync(log, '');
  const ui = await startUi(dir);
  const look = await openReader(ui)();
  const until = performance.now() + minutes * 60_000;
  let count = 0;
  const began = performance.now();
  let said = 0;
  while (performance.now() < until) {
    const due = Math.floor(((performance.now() - began) * PER_SECOND) / 1000);
    if (statSync(log).size > MAX_LOG) truncateSync(log);
    appendFileSync(log, linesOf(count, due));
    count = due;
    if (performance.now() - said > 15_000) {
      said = performance.now();
      say(
        `${Math.round((said - began) / 1000)} s: ${count} records, ${rssMb([ui.pid]).toFixed(0)} MB, ${cpuMs([ui.pid])} ms of processor`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await look();
  await ui.stop();
  rmSync(dir, { recursive: true, force: true });
}

function linesOf(from, to) {
  const timestamp = new Date().toISOString();
  let text = '';
  for (let id = from; id < to; id++) {
    const phase = id % 2 === 0 ? 'decided' : 'finished';
    const names = `"principal":"p","claimed_agent":null,"agent_id":"agent-${id % 500}","assurance":"token","server":"s-${id % 200}","tool":"t-${id % 17}"`;
    text += `{"timestamp":"${timestamp}","operation":"execute_tool","phase":"${phase}","decision":"ALLOW","request_id":"r${id >> 1}",${names},"rule":"agents.a.allow.servers[0]","error_code":null,"latency_ms":${(id % 900) / 10}}\n`;
  }
  return text;
}

async function startUi(dir) {
  const env = {
    PATH: process.env.PATH,
    HOME: dir,
    XDG_CONFIG_HOME: join(dir, 'config'),
    XDG_CACHE_HOME: join(dir, 'cache'),
  };
  const child = spawn(process.execPath, [MAIN, 'ui', '--no-open'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const link = await firstLine(child.stdout, child);
  return {
    link,
    pid: child.pid,
    stop: () => {
      child.kill('SIGTERM');
      return exited(child);
    },
  };
}

/** Asks for what the page asks for, and reads the feed. @returns opens it; that gives what closes it again */
function openReader({ link }) {
  const { origin } = new URL(link);
  let headers;
  return async () => {
    if (headers === undefined) {
      const answer = await fetch(link, { redirect: 'manual' });
      const cookie = answer.headers.get('set-cookie').split(';')[0];
      headers = { cookie, 'x-gateway-token': answer.headers.get('location').split('=')[1] };
    }
    const leaving = new AbortController();
    const get = (path) => fetch(`${origin}/api/${path}`, { headers, signal: leaving.signal });
    const now = () => get('now').then((answer) => answer.arrayBuffer());
    const feed = await get('feed');
    const read = (async () => {
      for await (const _ of feed.body);
    })().catch(() => undefined);
    await now();
    const timer = setInterval(() => now().catch(() => undefined), REFRESH_MS);
    return async () => {
      clearInterval(timer);
      leaving.abort();
      await read;
    };
  };
}

/** The same with a real page. */
async function openBrowser({ link }, there = '.feed') {
  const [{ chromium }, { findBrowser }] = await Promise.all([
    import('playwright-core'),
    import('../../scripts/browser.mjs'),
  ]);
  const browser = await chromium.launch({
    executablePath: findBrowser(),
    chromiumSandbox: false,
    args: ['--disable-gpu'],
  });
  const context = await browser.newContext();
  const first = await context.newPage();
  await first.goto(link);
  await first.close();
  return async (look) => {
    const page = await context.newPage();
    await page.goto(new URL('/', link).href);
    await page.locator(there).waitFor();
    await look?.(page);
    return () => page.close();
  };
}
