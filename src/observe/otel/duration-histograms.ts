/** The durations of the conventions for MCP, by their attributes, bounded whatever names arrive. */
import type { HistogramData, SeriesData } from './encoding.ts';

/** In seconds, as the conventions advise for all four (semantic-conventions-genai, docs/gen-ai/mcp.md, Metrics). */
const BOUNDS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300] as const;

const DESCRIPTIONS = {
  'mcp.server.operation.duration':
    'MCP request or notification duration as observed on the receiver from the time it was received until the result or ack is sent.',
  'mcp.client.operation.duration':
    'The duration of the MCP request or notification as observed on the sender from the time it was sent until the response or ack is received.',
  'mcp.server.session.duration': 'The duration of the MCP session as observed on the MCP server.',
  'mcp.client.session.duration': 'The duration of the MCP session as observed on the MCP client.',
} as const;

export type HistogramName = keyof typeof DESCRIPTIONS;

/** Series of one histogram; the cardinality limit that OpenTelemetry advises. */
const MAX_SERIES = 2000;

/** Durations with the same attributes. */
export class DurationSeries {
  readonly #attributes: Uint8Array;
  readonly #buckets = new Array<number>(BOUNDS.length + 1).fill(0);
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;
  count = 0;

  constructor(attributes: Uint8Array) {
    this.#attributes = attributes;
  }

  /** @param ms milliseconds */
  record(ms: number): void {
    const seconds = Math.max(0, ms) / 1000;
    this.count++;
    this.#sum += seconds;
    if (seconds < this.#min) this.#min = seconds;
    if (seconds > this.#max) this.#max = seconds;
    let bucket = 0;
    while (bucket < BOUNDS.length && seconds > (BOUNDS[bucket] ?? 0)) bucket++;
    this.#buckets[bucket] = (this.#buckets[bucket] ?? 0) + 1;
  }

  /** The recorded durations. @param isReset true where it begins anew */
  take(isReset: boolean): SeriesData {
    const taken = {
      attributes: this.#attributes,
      count: this.count,
      sum: this.#sum,
      min: this.#min,
      max: this.#max,
      buckets: [...this.#buckets],
    };
    if (isReset) {
      this.count = 0;
      this.#sum = 0;
      this.#min = Number.POSITIVE_INFINITY;
      this.#max = 0;
      this.#buckets.fill(0);
    }
    return taken;
  }
}

export class DurationHistograms {
  readonly #histograms = new Map<HistogramName, Map<string, DurationSeries>>();
  readonly #overflow: Uint8Array;

  /** @param overflow the attribute of what is beyond the limit */
  constructor(overflow: Uint8Array) {
    this.#overflow = overflow;
  }

  /** The series with these attributes, to record in. @param attributes as the encoding made them */
  series(name: HistogramName, attributes: Uint8Array): DurationSeries {
    const all = this.#histograms.get(name) ?? new Map<string, DurationSeries>();
    if (all.size === 0) this.#histograms.set(name, all);
    const found = all.get(keyOf(attributes));
    if (found !== undefined) return found;
    const kept = all.size < MAX_SERIES ? attributes : this.#overflow;
    const series = all.get(keyOf(kept)) ?? new DurationSeries(kept);
    all.set(keyOf(kept), series);
    return series;
  }

  /** All that have something to tell. @param isReset true where the next time tells only what came since */
  collect(isReset: boolean): HistogramData[] {
    return Array.from(this.#histograms, ([name, all]) => {
      const series = [...all.values()].filter(({ count }) => count > 0).map((one) => one.take(isReset));
      return { name, description: DESCRIPTIONS[name], bounds: BOUNDS, series };
    }).filter(({ series }) => series.length > 0);
  }
}

function keyOf(attributes: Uint8Array): string {
  return Buffer.from(attributes).toString('latin1');
}
