/** Metric families as prom-client knows them: it adds them up over processes and writes them as text. */

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  /** Labels that samples of one family have in common: the same object, whose text is made once. */
  readonly sharedLabels?: Labels;
  readonly value: number;
  /** Of a sample that is not called like its family: `_bucket`, `_sum` and `_count`. */
  readonly metricName?: string;
}

export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'summary' | 'histogram';
  readonly values: readonly Sample[];
  /** The way in which the samples of several processes are put together. */
  readonly aggregator: 'sum' | 'max';
}

export const PREFIX = 'agent_mcp_gateway_';

/** The content type of the text. */
export const TEXT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

/** `name{label="value"}`, or only the name where there are no labels. */
export function sampleName(name: string, labels: Labels): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}="${escapeLabel(value)}"`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
