/** Replicas: gateways with one servers file, one rules file and homes of their own, each at the port that it had before. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { launch } from '../support/gateway.ts';
import { type Home, type Json, makeHome, servers, sha256, TOKEN } from '../support/home.ts';
import { request } from '../support/http.ts';
import { fixture } from '../support/paths.ts';
import { assertGone, type Running, until } from '../support/process.ts';
import { endWithUs, freePort } from './nginx-front.ts';

/** Seconds in which a replica that stops still takes calls. */
export const STOP_DELAY_SECONDS = 2;
const STOP_MS = 30_000;
/** Of clients with sessions, each a principal of its own. */
export const TOKENS: readonly string[] = Array.from({ length: 12 }, (_, at) => `${TOKEN}-${at}`);

export interface ReplicaSetup {
  readonly count: number;
  /** Variables of all of them: a store, a key. */
  readonly env?: Readonly<Record<string, string>>;
  readonly limits?: Json;
}

export class Replicas {
  /** The file with the marks of all calls that were made. */
  readonly marks: string;
  readonly ports: number[] = [];
  /** When one was killed, and gone, as `performance.now()` says. */
  readonly kills: { readonly from: number; readonly to: number }[] = [];
  readonly #shared: Home;
  readonly #setup: ReplicaSetup;
  readonly #running: { home: Home; running: Running }[] = [];

  private constructor(setup: ReplicaSetup) {
    this.#setup = setup;
    this.#shared = makeHome({
      rules: {
        agents: { default: { allow: { servers: ['*'] } } },
        principals: {
          tester: { token_sha256: sha256(TOKEN), may_assume: ['*'], ...(setup.limits && { limits: setup.limits }) },
          ...Object.fromEntries(
            TOKENS.map((token, at) => [`client-${at}`, { token_sha256: sha256(token), may_assume: ['*'] }]),
          ),
        },
      },
    });
    this.marks = path.join(this.#shared.dir, 'marks');
    writeFileSync(this.marks, '');
    // It keeps nothing of its callers.
    const marked = { ...fixture('marked', { MARKS_FILE: this.marks }), sharing: 'shared' };
    writeFileSync(this.#shared.servers, JSON.stringify(servers({ marked })));
  }

  static async start(setup: ReplicaSetup): Promise<Replicas> {
    const replicas = new Replicas(setup);
    for (let at = 0; at < setup.count; at++) replicas.ports.push(await freePort());
    await Promise.all(replicas.ports.map((_, at) => replicas.#launch(at)));
    return replicas;
  }

  /** As a machine that fails: nothing is said to anybody. A new one takes its place after `ms` milliseconds. */
  async kill(at: number, ms: number): Promise<void> {
    const { running, home } = this.#one(at);
    const from = performance.now();
    running.child.kill('SIGKILL');
    await running.exited;
    this.kills.push({ from, to: performance.now() });
    await new Promise((resolve) => setTimeout(resolve, ms));
    await this.#launch(at);
    await assertGone(home.dir);
    home.remove();
  }

  /** As an update does it: one is stopped, and a new one takes its place. @returns milliseconds until it had stopped */
  async roll(at: number): Promise<number> {
    const { running, home } = this.#one(at);
    const since = performance.now();
    const { code } = await running.stop('SIGTERM', STOP_MS);
    const took = performance.now() - since;
    if (code !== 0) throw new Error(`It ended with ${code}:\n${running.stderr()}`);
    await this.#launch(at);
    home.remove();
    return took;
  }

  log(at: number): string {
    return this.#one(at).running.stderr();
  }

  pid(at: number): number {
    return this.#one(at).running.pid;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#running.map(({ running }) => running.stop('SIGTERM', STOP_MS)));
    for (const { home } of this.#running) home.remove();
    this.#shared.remove();
  }

  #one(at: number): { home: Home; running: Running } {
    const one = this.#running[at];
    if (one === undefined) throw new Error(`There is no replica ${at}.`);
    return one;
  }

  async #launch(at: number): Promise<void> {
    const home = makeHome();
    const files = { GATEWAY_MCP_CONFIG: this.#shared.servers, GATEWAY_RULES: this.#shared.rules };
    const env = { ...files, GATEWAY_STOP_DELAY_SECONDS: String(STOP_DELAY_SECONDS), ...this.#setup.env };
    const port = String(this.ports[at]);
    const { running } = launch(['serve', '--transport', 'http', '--port', port], { home, env });
    endWithUs(running.child);
    this.#running[at] = { home, running };
    await running.waitForStderr(/listening on /);
    const ready = async (): Promise<boolean> => (await request(`http://127.0.0.1:${port}/ready`)).status === 200;
    await until(ready, 'it is ready');
  }
}
