/**
 * Changed messages from both sides, over both transports, in both eras and all views. `npm run test:fuzz` runs it for ten minutes;
 * FUZZ_SECONDS says for how long, FUZZ_SEED which run: `SEED` from its beginning, `SEED/LANE/NUMBER` one message of it.
 */
import { closeSync, existsSync, fstatSync, openSync, readSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, expect, it } from 'vitest';
import { launch } from '../support/gateway.ts';
import { makeHome, servers } from '../support/home.ts';
import { fixturePath } from '../support/paths.ts';
import { startHttpFixture } from '../support/process.ts';
import { viewRules } from '../support/views.ts';
import { exceptionsIn, targetOf, wrongWithReceived, wrongWithTold } from './check.ts';
import { parse, READERS } from './json.ts';
import { httpLane, type Lane, stdioLane } from './lanes.ts';
import { callerMessage, DENIED, deniedIn, type Place } from './messages.ts';
import { mutated } from './mutate.ts';
import { seeded } from './random.ts';

const SECONDS = Number(process.env['FUZZ_SECONDS'] ?? 20);
const [SEED = '', ONLY_LANE, ONLY_NUMBER] = (process.env['FUZZ_SEED'] ?? String(Date.now())).split('/');
/** Messages between two looks at what was written meanwhile. */
const ROUND = 50;

/** The lane that speaks the one revision that has batches. */
const BATCHES = 'stdio-batches';
/** So that a batch has an answer. */
const PING = '{"jsonrpc":"2.0","id":"ping","method":"ping"}';

const NAMES = ['stdio-legacy', 'stdio-modern', 'http-legacy', 'http-modern'] as const;
const ALLOWED = {
  servers: ['*'],
  tools: { '*': ['read_*', 'script', 'offer', 'slow'] },
  prompts: { '*': ['read_*'] },
  resources: { '*': ['file:///public/*'] },
};

const stops: (() => Promise<unknown>)[] = [];
afterAll(async () => {
  await Promise.all(stops.map((stop) => stop()));
});

/** The complete lines that were added to a file since the last time; from its beginning where it was replaced. */
function follow(file: string): () => string[] {
  let from = 0;
  let rest = '';
  return () => {
    if (!existsSync(file)) return [];
    const descriptor = openSync(file, 'r');
    const { size } = fstatSync(descriptor);
    if (size < from) [from, rest] = [0, ''];
    const bytes = Buffer.alloc(size - from);
    from += readSync(descriptor, bytes, 0, bytes.length, from);
    closeSync(descriptor);
    const lines = (rest + bytes.toString()).split('\n');
    rest = lines.pop() ?? '';
    return lines.filter((line) => line !== '');
  };
}

/** A home whose servers are the scripted one, over each transport and in each era. */
async function homeOf(): Promise<{ home: ReturnType<typeof makeHome>; logs: readonly string[] }> {
  const home = makeHome({
    rules: viewRules({}, { default: { allow: ALLOWED }, direct: { allow: ALLOWED, expose: 'direct' } }),
  });
  const logs = NAMES.map((name) => path.join(home.dir, `${name}.received`));
  const entries = await Promise.all(
    NAMES.map(async (name, at) => {
      const [transport = '', era = ''] = name.split('-');
      const log = logs[at] ?? '';
      if (transport === 'stdio')
        return [
          name,
          { command: process.execPath, args: [fixturePath('scripted'), transport, era], env: { LOG: log } },
        ];
      const server = await startHttpFixture('scripted', transport, era, log);
      stops.push(() => server.stop('SIGKILL'));
      return [name, { url: server.url }];
    }),
  );
  writeFileSync(home.servers, JSON.stringify(servers(Object.fromEntries(entries) as Record<string, unknown>)));
  return { home, logs };
}

function places(views: readonly Place['view'][], names: readonly string[] = NAMES): Place[] {
  const eras = ['legacy', 'modern'] as const;
  return views.flatMap((view) => eras.flatMap((era) => names.map((server) => ({ view, era, server }))));
}

/** @param args of `serve` over stdio; undefined for HTTP */
async function laneOf(name: string, args: readonly string[] | undefined, kinds: readonly Place[]) {
  const { home, logs } = await homeOf();
  const started = launch(args ?? ['serve', '--transport', 'http', '--port', '0'], { home });
  stops.push(async () => {
    started.running.child.kill('SIGTERM');
    await started.running.stop('SIGTERM');
    home.remove();
  });
  const revision = name === BATCHES ? '2025-03-26' : '2025-11-25';
  if (args !== undefined) return { lane: await stdioLane(name, started, kinds, revision), logs };
  const url = (await started.running.waitForStderr(/listening on (http:\/\/[^\s"]+\/mcp)/))[1] ?? '';
  return { lane: await httpLane(name, started, new URL(url).origin, kinds), logs };
}

/** Runs one lane until `until`. @returns how many messages it sent, and what its servers received */
async function run(lane: Lane, logs: readonly string[], until: number): Promise<{ sent: number; received: number }> {
  const received = logs.map(follow);
  const audit = follow(lane.home.audit);
  const allowed = new Set<string>();
  let logged = 0;
  let count = 0;

  const check = (): void => {
    for (const line of audit()) {
      const { decision, tool } = JSON.parse(line) as { decision: string; tool: string | null };
      if (decision === 'ALLOW' && tool !== null) allowed.add(tool);
    }
    for (const name of DENIED) expect(allowed.has(name), `the audit says that ${name} was allowed`).toBe(false);
    for (const text of received.flatMap((lines) => lines())) {
      count++;
      expect(wrongWithReceived(text)).toBeUndefined();
      for (const reader of READERS) {
        const target = targetOf(parse(text), reader);
        // What the audit escapes is written in another way.
        if (target !== undefined && /^[\x20-\x7e]{1,200}$/.test(target) && !/["\\]/.test(target))
          expect(allowed, `a server got what the audit does not name: ${text}`).toContain(target);
      }
    }
    const log = lane.running.stderr();
    expect(exceptionsIn(log.slice(logged))).toEqual([]);
    logged = log.length;
  };

  const first = ONLY_LANE === undefined ? 0 : Number(ONLY_NUMBER);
  const last = ONLY_LANE === undefined ? Number.POSITIVE_INFINITY : first;
  let at = first;
  for (; at <= last && performance.now() < until; at++) {
    const seed = `${SEED}/${lane.name}/${at}`;
    const random = seeded(seed);
    const place = random.pick(lane.places);
    const good = callerMessage(place, random, `"f-${at}"`);
    const words = deniedIn(place);
    const single = random.chance(0.75) ? mutated(good, random, words) : good;
    const text = lane.name === BATCHES && random.chance(0.5) ? `[${single},${PING}]` : single;
    try {
      const told = await lane.send(place, text, (id) => {
        const answer = `{"jsonrpc":"2.0","id":${id},"result":{"action":"accept","content":{"a":1}}}`;
        return `${mutated(answer, random, words).replace(/[\r\n]/g, ' ')}\n${answer}\n`;
      });
      const isList = /"method":"[a-z/]+\/list"/.test(text);
      for (const each of told) expect(wrongWithTold(each, isList)).toBeUndefined();
      if (at % ROUND === 0 || at === last) check();
    } catch (error) {
      throw new Error(`FUZZ_SEED=${seed} (or FUZZ_SEED=${SEED} for all before it):\n${text}\n${String(error)}`, {
        cause: error,
      });
    }
  }
  check();
  return { sent: at - first, received: count };
}

it(`survives ${SECONDS} s of changed messages`, { timeout: SECONDS * 1_000 + 120_000 }, async () => {
  const all = await Promise.all([
    laneOf('http', undefined, places(['discovery', 'direct', 'single'])),
    laneOf('stdio-discovery', [], places(['discovery'])),
    laneOf(BATCHES, ['--expose', 'direct'], places(['direct'])),
    laneOf('stdio-direct', ['--expose', 'direct'], places(['direct'])),
    ...NAMES.map((name) => laneOf(`stdio-single-${name}`, ['--server', name], places(['single'], [name]))),
  ]);
  const lanes = all.filter(({ lane }) => ONLY_LANE === undefined || lane.name === ONLY_LANE);
  const until = performance.now() + SECONDS * 1_000;
  const runs = await Promise.all(lanes.map(({ lane, logs }) => run(lane, logs, until)));
  for (const { lane } of all) lane.close();
  const sum = (key: 'sent' | 'received'): number => runs.reduce((total, one) => total + one[key], 0);
  process.stdout.write(`fuzz ${SEED}: ${sum('sent')} messages of callers, ${sum('received')} reached servers\n`);
  // Most are refused; that enough get through shows that the run does what it is for.
  if (ONLY_LANE === undefined) expect(sum('received')).toBeGreaterThan(100);
});
