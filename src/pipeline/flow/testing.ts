/** Days of agents for tests: calls one after the other, over real rules and real files of labels. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Catalog } from '../../catalog/catalog.ts';
import type { ToolEntry } from '../../catalog/tool-entry.ts';
import type { Invocation, ToolAnswer } from '../../operations/operation.ts';
import type { OfferKind, PolicyRules } from '../../policy/rules-data.ts';
import { silentClient } from '../../relay/calling-client.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { Inbound } from '../caller.ts';
import type { PipelineDependencies } from '../dependencies.ts';
import { runOperation } from '../run-operation.ts';
import { falsePipeline, inboundOf, operationOf, snapshotOf } from '../testing.ts';
import { CarriedLabels } from './carried-labels.ts';
import { LabelFiles } from './label-files.ts';

const DONE: ToolAnswer = { kind: 'result', body: { text: '{"content":[]}', metaAt: -1, resultType: 'complete' } };
const HOUR_MS = 3_600_000;
/** Whoever is asked says no. */
const NOBODY = {
  isGranted: async () => false,
  ask: async () => {
    throw new GatewayError('APPROVAL_DENIED', 'Nobody said yes.');
  },
} as unknown as PipelineDependencies['approvals'];

/** The fate of a call: it was made, a person was asked, or it was refused. */
export type Fate = 'made' | 'asked' | 'denied';

/**
 * A day under some rules. A step is `server.tool`, with words before it that end in a colon: `2h:` later, `new:` in a new session, `modern:`
 * without one, `restart:` after the gateway started anew, `worker:` in another process, `as=NAME:` claims that agent, `proven=NAME:` is it,
 * `owner=NAME:` another caller, `code:` by a program, `resource:`, `prompt:`, `task:`, `again:` reads on in a kept result, `fails:` the server does not answer.
 */
export class Day {
  readonly #folder = mkdtempSync(join(tmpdir(), 'flow-'));
  readonly #pipeline: ReturnType<typeof falsePipeline>;
  readonly #processes: CarriedLabels[] = [];
  #now = Date.UTC(2026, 10, 30, 8);
  #sessions = 1;

  constructor(rules: PolicyRules, tools: ReadonlyMap<string, Readonly<Record<string, unknown>>> = new Map()) {
    const servers = [
      ...new Set([...Object.keys(rules.labels ?? {}), ...[...tools.keys()].map((name) => name.split('.')[0] ?? '')]),
    ];
    const find = async (server: { readonly name: string }, name: string): Promise<ToolEntry> =>
      ({ name, hash: name, annotations: tools.get(`${server.name}.${name}`) }) as ToolEntry;
    this.#pipeline = falsePipeline({ catalog: { find } as unknown as Catalog, approvals: NOBODY });
    this.#pipeline.config.snapshot = snapshotOf(rules, servers);
  }

  /** Makes the calls. @returns the fate of the last one; the others must be made */
  async fateOf(...steps: readonly string[]): Promise<Fate> {
    let fate: Fate = 'made';
    for (const [index, step] of steps.entries()) {
      fate = await this.#step(step);
      if (fate !== 'made' && index < steps.length - 1) throw new Error(`"${step}" was ${fate}.`);
    }
    return fate;
  }

  get files(): LabelFiles {
    return new LabelFiles(this.#folder);
  }

  get now(): number {
    return this.#now;
  }

  async #step(step: string): Promise<Fate> {
    const words = step.split(' ');
    const name = words.pop() ?? '';
    const said = new Map<string, string | undefined>(
      words.map((word) => {
        const [key = '', value] = word.slice(0, -1).split('=');
        return [key, value];
      }),
    );
    const hours = words.map((word) => /^(\d+)h:$/.exec(word)?.[1]).find((found) => found !== undefined);
    this.#now += Number(hours ?? 0) * HOUR_MS + 1;
    if (said.has('new')) this.#sessions++;
    if (said.has('restart')) this.#processes[0] = this.#process();
    const at = said.has('worker') ? 1 : 0;
    this.#processes[at] ??= this.#process();
    const carried = this.#processes[at];
    if (carried === undefined) throw new Error('There is no process.');
    const kind: OfferKind = said.has('resource') ? 'resource' : said.has('prompt') ? 'prompt' : 'tool';
    const [server = '', ...rest] = name.split('.');
    const invocation: Partial<Invocation> = {
      server,
      tool: rest.join('.'),
      kind,
      asks: { args: '{}' },
      ...(said.has('task') ? { continues: true } : {}),
    };
    const run: Invocation['run'] = async (context) => {
      if (said.has('again')) context.readAgain();
      else await context.connect({ leftMs: () => 1000 }, () => undefined);
      return DONE;
    };
    const parts = { ...this.#pipeline.parts, carried };
    const operation = operationOf(run, invocation);
    const outcome = await runOperation(parts, this.#inbound(said), operation);
    if (outcome.kind === 'result') return 'made';
    if (outcome.message.startsWith('DENIED_BY_POLICY')) return 'denied';
    if (outcome.message.startsWith('APPROVAL_DENIED')) return 'asked';
    throw new Error(outcome.message);
  }

  #process(): CarriedLabels {
    return new CarriedLabels(this.files, () => this.#now);
  }

  #inbound(said: ReadonlyMap<string, string | undefined>): Inbound {
    const usual = inboundOf();
    const owner = said.get('owner') ?? 'me';
    const proven = said.get('proven');
    const agent = proven ?? said.get('as') ?? 'dev';
    const assurance = proven === undefined ? 'claim' : 'launch';
    const session = said.has('modern') ? undefined : `s${this.#sessions}`;
    return {
      ...usual,
      connection: {
        ...usual.connection,
        owner,
        resolve: () => ({ principal: owner, agent, ceiling: undefined, assurance }),
      },
      client: { ...silentClient(session === undefined ? 'modern' : 'legacy'), session },
      ...(said.has('code') ? { parent: { requestId: 'r0', program: 'p', touched: new Set<string>() } } : {}),
    };
  }
}
