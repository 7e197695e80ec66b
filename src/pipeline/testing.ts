/** A pipeline for tests: real rules, everything else false, and one list of all that happens, in order. */
import type { AuditRecord, AuditSink } from '../audit/audit-record.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { ServerDefinition, Snapshot } from '../config/snapshot.ts';
import type { Ledger } from '../observe/ledger.ts';
import type { Logger } from '../observe/log.ts';
import type { Metrics } from '../observe/metrics.ts';
import type { Invocation, Operation } from '../operations/operation.ts';
import { compile } from '../policy/compile-rules.ts';
import type { PolicyRules } from '../policy/rules-data.ts';
import { silentClient } from '../relay/calling-client.ts';
import { Canceller } from '../shared/cancel.ts';
import type { GatewayError } from '../shared/errors.ts';
import { NEXT_STEPS } from '../shared/next-steps.ts';
import type { UpstreamConnection, Upstreams } from '../upstream/contract.ts';
import type { Inbound } from './caller.ts';
import type { PipelineDependencies } from './dependencies.ts';
import type { SignInPrompts } from './sign-in-prompts.ts';

const SERVER: ServerDefinition = {
  name: 'files',
  key: 'files-1',
  description: undefined,
  timeoutMs: undefined,
  link: { transport: 'stdio', command: 'files', args: [], env: new Map(), cwd: undefined },
};

/** A snapshot of the server `files` under rules for `dev`. @param key of its connection */
function snapshotWith(dev: PolicyRules['agents'][string], key = SERVER.key): Snapshot {
  return snapshotOf({ agents: { dev } }, ['files'], key);
}

/** A snapshot of these servers under these rules. */
export function snapshotOf(rules: PolicyRules, servers: readonly string[], key = SERVER.key): Snapshot {
  return {
    version: key,
    paths: { servers: 'servers', rules: 'rules' },
    servers: new Map(servers.map((name) => [name, { ...SERVER, name, key }])),
    broken: new Map(),
    policy: compile(rules),
    denyOnMissingAgent: false,
    explainDenials: false,
    agentTerms: new Map(),
    principals: undefined,
    search: { embeddings: undefined, learnFromUse: false },
    approvals: { via: [], timeoutMs: 1000, remember: false, webhook: undefined },
    warnings: [],
  };
}

export const ALLOWED = snapshotWith({ allow: { servers: ['files'] } });
export const DENIED = snapshotWith({ allow: { servers: [] } }, 'files-2');
/** The same rules, and another program behind the name. */
export const REPLACED = snapshotWith({ allow: { servers: ['files'] } }, 'files-3');

type Happening = readonly [what: string, ...about: unknown[]];

/** The parts that a test replaces. */
export interface Script {
  /** Fails the record of this phase. */
  readonly failing?: { readonly phase: AuditRecord['phase']; readonly error: Error };
  /** The first record is written when this resolves. */
  readonly writing?: Promise<void>;
  readonly lease?: (server: ServerDefinition) => Promise<UpstreamConnection> | UpstreamConnection;
  readonly limiter?: PipelineDependencies['limiter'];
  readonly catalog?: Catalog;
  readonly approvals?: PipelineDependencies['approvals'];
}

/** A part that has what is given; a test that needs more of it fails with the name of that. */
function partOf<T extends object>(given: Partial<T>): T {
  return new Proxy(given, {
    get(target, key) {
      if (!(key in target) && typeof key === 'string') throw new Error(`This part has no ${key}.`);
      return Reflect.get(target, key);
    },
  }) as T;
}

/** @returns the parts, the list of all that happens, and the snapshot in force, which a test may swap. */
export function falsePipeline(script: Script = {}) {
  const happened: Happening[] = [];
  const config = { snapshot: ALLOWED };
  const write = (kind: string, { phase, decision, error_code }: AuditRecord): Promise<void> | undefined => {
    happened.push([kind, phase, decision, error_code]);
    if (script.failing?.phase === phase) return Promise.reject(script.failing.error);
    return phase === 'decided' ? script.writing : undefined;
  };
  const parts = partOf<PipelineDependencies>({
    snapshot: () => config.snapshot,
    tools: new Map(),
    catalog: script.catalog ?? partOf<Catalog>({}),
    carried: NOTHING_CARRIED,
    ...(script.approvals && { approvals: script.approvals, redact: String }),
    upstreams: partOf<Upstreams>({
      expect: () => undefined,
      lease: (server, { tenant }) => {
        happened.push(['lease', server.key, tenant?.agent]);
        return script.lease === undefined ? LINK : script.lease(server);
      },
    }),
    limiter: script.limiter ?? { admit: () => undefined },
    signInPrompts: partOf<SignInPrompts>({ offer: async () => undefined }),
    audit: partOf<AuditSink>({
      append: (record) => write('append', record),
      refuse: (record) => write('refuse', record),
    }),
    metrics: partOf<Metrics>({
      record: (...[, , , code]: unknown[]) => void happened.push(['counted', code]),
      recordCall: () => undefined,
    }),
    ledger: partOf<Ledger>({ spend: () => 0 }),
    log: partOf<Logger>({ error: (fields: unknown) => void happened.push(['logged', fields]) }),
    nextRequestId: () => 'r1',
  });
  return { parts, config, happened };
}

/** Nobody asks it anything where no rules speak of combinations. */
const NOTHING_CARRIED = partOf<PipelineDependencies['carried']>({});

export const LINK = { closed: false } as unknown as UpstreamConnection;

/** A request of the agent `dev`. */
export function inboundOf(signal = new Canceller()): Inbound {
  const connection: Inbound['connection'] = {
    principal: 'me',
    subject: undefined,
    owner: 'me',
    isKnown: () => true,
    mayBe: (_snapshot, agent) => agent === 'dev',
    expiresAt: () => Number.POSITIVE_INFINITY,
    sees: () => undefined,
    resolve: () => ({ principal: 'me', agent: 'dev', ceiling: undefined, assurance: 'claim' }),
  };
  return { connection, text: '{}', params: undefined, signal, onProgress: undefined, client: silentClient('modern') };
}

/** An operation on `files/read`, and what it fails with as text. */
export function operationOf(run: Invocation['run'], more: Partial<Invocation> = {}): Operation {
  return {
    name: 'execute_tool',
    read: () => ({ claimedAgent: undefined, server: 'files', tool: 'read', executes: true, run, ...more }),
    fail: ({ code, message }: GatewayError) => ({ kind: 'error', code: -1, message: `${code}: ${message}` }),
    wording: { ...NEXT_STEPS, toolName: (_server, tool) => tool },
  };
}
