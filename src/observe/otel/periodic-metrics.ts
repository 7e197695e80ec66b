/** Histograms that are sent again and again. */
import type { DurationHistograms } from './duration-histograms.ts';
import { type Encoding, type Source, TEMPORALITY } from './encoding.ts';
import type { Exporter } from './exporter.ts';
import type { MetricSettings } from './otel-settings.ts';

interface PeriodicMetricsOptions {
  readonly settings: Pick<MetricSettings, 'intervalMs' | 'temporality'>;
  readonly histograms: DurationHistograms;
  readonly exporter: Exporter;
  readonly encoding: Encoding;
  readonly source: Source;
}

export class PeriodicMetrics {
  readonly #options: PeriodicMetricsOptions;
  readonly #timer: NodeJS.Timeout;
  #startMs = Date.now();
  #sending: Promise<void> | undefined;

  constructor(options: PeriodicMetricsOptions) {
    this.#options = options;
    this.#timer = setInterval(() => void this.send(), options.settings.intervalMs).unref();
  }

  /** Sends what there is, unless that is being done. */
  send(): Promise<void> {
    this.#sending ??= this.#collectAndSend().finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #collectAndSend(): Promise<void> {
    const { settings, histograms, exporter, encoding, source } = this.#options;
    const isDelta = settings.temporality === 'delta';
    const collected = {
      histograms: histograms.collect(isDelta),
      temporality: TEMPORALITY[settings.temporality],
      startMs: this.#startMs,
      endMs: Date.now(),
    };
    if (isDelta) this.#startMs = collected.endMs;
    if (collected.histograms.length > 0) await exporter.send(encoding.metrics(source, collected));
  }
}
