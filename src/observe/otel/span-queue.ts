/** Spans that wait to be sent: bounded, and dropped where they come faster than they are taken. */
import { ByteWriter } from './byte-writer.ts';
import type { Encoding, Source, SpanData } from './encoding.ts';
import type { CollectorNews, Exporter } from './exporter.ts';
import type { TraceSettings } from './otel-settings.ts';

/** Bytes that they may have together, whatever their number, and that one request has. */
const MAX_BYTES = 32 * 1024 * 1024;
const MAX_BATCH_BYTES = 2 * 1024 * 1024;

interface SpanQueueOptions {
  readonly settings: Pick<TraceSettings, 'maxQueue' | 'maxBatch' | 'delayMs'>;
  readonly exporter: Exporter;
  readonly encoding: Encoding;
  readonly source: Source;
  readonly news: CollectorNews;
}

interface Batch {
  readonly body: Buffer;
  readonly count: number;
}

export class SpanQueue {
  readonly #options: SpanQueueOptions;
  /** The batch that is being filled, and those that are full. */
  readonly #writer: ByteWriter;
  #written = 0;
  readonly #full: Batch[] = [];
  /** Spans and bytes in those. */
  #fullCount = 0;
  #fullBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;

  constructor(options: SpanQueueOptions) {
    this.#options = options;
    const { encoding, source } = options;
    this.#writer = new ByteWriter(encoding.frame(source, MAX_BYTES)[0].length);
  }

  add(span: SpanData): void {
    const { settings, exporter, encoding, news } = this.#options;
    const { maxQueue, maxBatch, delayMs } = settings;
    if (this.#fullCount + this.#written >= maxQueue || this.#fullBytes + this.#writer.size > MAX_BYTES) {
      news.dropped(exporter.destination.url);
      return;
    }
    encoding.writeSpan(this.#writer, span);
    this.#written++;
    if (this.#written >= maxBatch || this.#writer.size >= MAX_BATCH_BYTES) this.#endBatch();
    else this.#timer ??= setTimeout(() => this.#endBatch(), delayMs).unref();
  }

  /** Sends all that waits. Resolves when that is over. */
  async flush(): Promise<void> {
    this.#endBatch();
    await this.#sending;
  }

  #endBatch(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#written > 0) {
      const { encoding, source } = this.#options;
      const [before, after] = encoding.frame(source, this.#writer.size);
      const batch = { body: this.#writer.take(before, after), count: this.#written };
      this.#full.push(batch);
      this.#fullCount += batch.count;
      this.#fullBytes += batch.body.length;
      this.#written = 0;
    }
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
      if (this.#full.length > 0) this.#endBatch();
    });
  }

  /** One request at a time: what comes meanwhile waits. */
  async #send(): Promise<void> {
    for (let batch = this.#full.shift(); batch !== undefined; batch = this.#full.shift()) {
      this.#fullCount -= batch.count;
      this.#fullBytes -= batch.body.length;
      // Where it was not taken, parts of it may still be on their way.
      if (await this.#options.exporter.send(batch.body)) this.#writer.giveBack(batch.body);
    }
  }
}
