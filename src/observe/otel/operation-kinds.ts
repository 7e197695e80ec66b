/** The parts that operations have in common by the conventions for MCP, made once for each kind: attributes of its spans, and its series. */
import { detached } from '../../shared/detached.ts';
import type { RecordedFacts } from '../tracing.ts';
import { BoundedCache } from './bounded-cache.ts';
import type { DurationHistograms, DurationSeries, HistogramName } from './duration-histograms.ts';
import { type Attributes, type AttributeValue, type Encoding, SPAN_KIND } from './encoding.ts';

/** Kinds and sets of own attributes that are remembered. */
const MOST = 4000;
/** Characters of a name that somebody else chose. */
const MAX_NAME = 256;

export interface MeasuredOperation {
  readonly method: string;
  /** The tool, prompt or resource. */
  readonly target: string | undefined;
  readonly revision: string | undefined;
  /** The class of the error that it ended with. */
  readonly error: string | undefined;
  /** The code of an error of the protocol. */
  readonly code: number | undefined;
  /** True where the target is known to be there: others are not in metrics, since anybody can make them up. */
  readonly isKnown: boolean;
}

export interface OperationKind extends Pick<MeasuredOperation, 'revision' | 'error' | 'code' | 'isKnown'> {
  /** The secrets that were known when it was made. */
  readonly secretsVersion: number;
  /** Name and kind of the span, and its attributes, encoded. */
  readonly head: Uint8Array;
  readonly attributes: Uint8Array;
  readonly series: DurationSeries;
}

/** One side of operations: of clients, or of one server. */
export interface Side {
  readonly histogram: HistogramName;
  /** Attributes of all its operations: its transport, its server. */
  readonly common: Attributes;
  readonly kinds: BoundedCache<OperationKind>;
}

export function sideOf(histogram: HistogramName, common: Attributes): Side {
  return { histogram, common, kinds: new BoundedCache(MOST) };
}

interface AttributeSources {
  /** Of spans and of metrics, which may go to different places. */
  readonly spanEncoding: Encoding;
  readonly metricEncoding: Encoding;
  readonly histograms: DurationHistograms;
  readonly redact: (text: string) => string;
  /** Grows with each change of what is secret. */
  readonly secretsVersion: () => number;
}

interface RecordedAttributes extends RecordedFacts {
  readonly secretsVersion: number;
  readonly attributes: Uint8Array;
}

export class OperationKinds {
  readonly #sources: AttributeSources;
  readonly #recorded = new BoundedCache<RecordedAttributes>(MOST);

  constructor(sources: AttributeSources) {
    this.#sources = sources;
  }

  of(side: Side, operation: MeasuredOperation): OperationKind {
    const { method, target = '', revision, error, code, isKnown } = operation;
    const secretsVersion = this.#sources.secretsVersion();
    for (const kind of side.kinds.get(method, target) ?? []) {
      const isSame = kind.error === error && kind.revision === revision && kind.code === code;
      if (isSame && kind.isKnown === isKnown && kind.secretsVersion === secretsVersion) return kind;
    }
    return side.kinds.keep(method, target, this.#make(side, operation, secretsVersion));
  }

  /** The attributes of a call that its record has too. */
  ofRecord(facts: RecordedFacts): Uint8Array {
    const { decision, agent_id, server, tool, rule, shadow, error_code } = facts;
    const first = tool ?? '';
    const second = rule ?? '';
    const secretsVersion = this.#sources.secretsVersion();
    for (const kept of this.#recorded.get(first, second) ?? []) {
      const isSame = kept.agent_id === agent_id && kept.server === server && kept.decision === decision;
      const isCurrent = kept.shadow === shadow && kept.secretsVersion === secretsVersion;
      if (isSame && isCurrent && kept.error_code === error_code) return kept.attributes;
    }
    const attributes = this.#encoded(this.#sources.spanEncoding, [
      ['agent_mcp_gateway.decision', decision],
      ['agent_mcp_gateway.agent', agent_id],
      ['agent_mcp_gateway.server', server],
      ['agent_mcp_gateway.target', tool],
      ['agent_mcp_gateway.rule', rule],
      ['agent_mcp_gateway.shadow', shadow],
      ['agent_mcp_gateway.error.code', error_code],
    ]);
    // Nothing of it keeps the message that it is from.
    const kept = { ...facts, server: server && detached(server), tool: null, request_id: '' };
    return this.#recorded.keep(first, second, { ...kept, secretsVersion, attributes }).attributes;
  }

  /** The series of a session, or of a connection. */
  ofSession({ histogram, common }: Pick<Side, 'histogram' | 'common'>, revision: string): DurationSeries {
    const attributes = this.#encoded(this.#sources.metricEncoding, [['mcp.protocol.version', revision], ...common]);
    return this.#sources.histograms.series(histogram, attributes);
  }

  #make(side: Side, operation: MeasuredOperation, secretsVersion: number): OperationKind {
    const { spanEncoding, metricEncoding, histograms, redact } = this.#sources;
    const { method, target, revision, error, code, isKnown } = operation;
    const { key, isNamed = false } = TARGETS.get(method) ?? {};
    const named: Pairs = key === undefined ? [] : [[key, target]];
    const shared = [...outcomeOf(operation), ...side.common];
    const metric = METHODS.has(method) ? method : '_OTHER';
    const measured: Pairs = [[METHOD, metric], ...(isKnown && isNamed ? named : []), ...shared];
    const name = redact(isNamed && target !== undefined ? `${cut(method)} ${cut(target)}` : cut(method));
    const kind = side.histogram === 'mcp.server.operation.duration' ? SPAN_KIND.server : SPAN_KIND.client;
    return {
      revision,
      error,
      code,
      isKnown,
      secretsVersion,
      head: spanEncoding.head(name, kind),
      attributes: this.#encoded(spanEncoding, [[METHOD, method], ...named, ...shared]),
      series: histograms.series(side.histogram, this.#encoded(metricEncoding, measured)),
    };
  }

  #encoded(encoding: Encoding, pairs: Pairs): Uint8Array {
    const { redact } = this.#sources;
    const attributes: (readonly [string, AttributeValue])[] = [];
    for (const [key, value] of pairs) {
      if (value === null || value === undefined) continue;
      attributes.push([key, typeof value === 'string' ? cut(redact(value)) : value]);
    }
    return encoding.attributes(attributes);
  }
}

type Pairs = readonly (readonly [key: string, value: AttributeValue | null | undefined])[];

function outcomeOf({ method, revision, error, code }: MeasuredOperation): Pairs {
  return [
    ['gen_ai.operation.name', method === 'tools/call' ? 'execute_tool' : undefined],
    ['mcp.protocol.version', revision],
    ['error.type', error],
    ['rpc.response.status_code', code === undefined ? undefined : String(code)],
  ];
}

const METHOD = 'mcp.method.name';

/** The attribute of what a method is about, and whether there are few enough of them for names of spans and for metrics. */
const TARGETS: ReadonlyMap<string, { readonly key: string; readonly isNamed: boolean }> = new Map([
  ['tools/call', { key: 'gen_ai.tool.name', isNamed: true }],
  ['prompts/get', { key: 'gen_ai.prompt.name', isNamed: true }],
  ['resources/read', { key: 'mcp.resource.uri', isNamed: false }],
  ['resources/subscribe', { key: 'mcp.resource.uri', isNamed: false }],
  ['resources/unsubscribe', { key: 'mcp.resource.uri', isNamed: false }],
  ['resources/directory/read', { key: 'mcp.resource.uri', isNamed: false }],
  ['skills/get', { key: 'mcp.resource.uri', isNamed: false }],
]);

/** Methods that metrics tell apart: callers can make up others. */
const METHODS: ReadonlySet<string> = new Set([
  ...TARGETS.keys(),
  ...['initialize', 'ping', 'server/discover', 'logging/setLevel', 'completion/complete', 'subscriptions/listen'],
  ...['tools/list', 'prompts/list', 'resources/list', 'resources/templates/list', 'skills/list'],
  ...['tasks/get', 'tasks/list', 'tasks/cancel', 'tasks/result', 'tasks/update'],
]);

function cut(text: string): string {
  return text.length <= MAX_NAME ? text : text.slice(0, MAX_NAME);
}
