/** Sends bodies to a collector, again where it says so, and tells the log once where that does not work. */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Logger } from '../log.ts';
import type { Destination } from './otel-settings.ts';

export interface PostAnswer {
  readonly status: number;
  /** The header `retry-after`. */
  readonly retryAfter: string | undefined;
}

/** A way to one address. */
export interface PostLine {
  /** Rejects where there is no answer. */
  post(headers: Readonly<Record<string, string>>, body: Buffer, timeoutMs: number): Promise<PostAnswer>;
  close(): void;
}

export type OpenPostLine = (url: URL, ca: string | undefined) => Promise<PostLine>;

/** Statuses after which a body is sent again (OTLP, Retryable Response Codes). */
const AGAIN: ReadonlySet<number> = new Set([429, 502, 503, 504]);
/** Milliseconds before that, at first; each time twice as long. */
const FIRST_PAUSE_MS = 1000;

const compress = promisify(gzip);

/** Reports about collectors: once, until it works again. */
export class CollectorNews {
  readonly #log: Pick<Logger, 'info' | 'warn'>;
  readonly #troubles = new Set<string>();

  constructor(log: Pick<Logger, 'info' | 'warn'>) {
    this.#log = log;
  }

  /** @param why holds nothing secret */
  failed({ origin, pathname }: URL, status: number | undefined, why: string): void {
    const key = status === undefined ? origin : origin + pathname;
    if (this.#troubles.has(key)) return;
    this.#troubles.add(key);
    this.#log.warn(
      { collector: key, reason: why },
      'the OpenTelemetry collector does not take what is sent: it is dropped',
    );
  }

  worked({ origin, pathname }: URL): void {
    const wasAway = this.#troubles.delete(origin);
    const wasRefusing = this.#troubles.delete(origin + pathname);
    if (wasAway || wasRefusing)
      this.#log.info({ collector: origin }, 'the OpenTelemetry collector takes what is sent again');
  }

  dropped({ origin }: URL): void {
    if (this.#troubles.size > 0 || this.#troubles.has(DROPPED)) return;
    this.#troubles.add(DROPPED);
    this.#log.warn({ collector: origin }, 'the OpenTelemetry collector is too slow: spans are dropped');
  }
}

const DROPPED = 'dropped';

export class Exporter {
  readonly destination: Destination;
  readonly #contentType: string;
  readonly #open: OpenPostLine;
  readonly #news: CollectorNews;
  #line: Promise<PostLine> | undefined;
  #wake: (() => void) | undefined;
  /** The time, by `performance.now`, at which nothing is sent any more. */
  #lastAt = Number.POSITIVE_INFINITY;

  constructor(destination: Destination, contentType: string, open: OpenPostLine, news: CollectorNews) {
    this.destination = destination;
    this.#contentType = contentType;
    this.#open = open;
    this.#news = news;
  }

  /** Never rejects: what cannot be sent in time is dropped. @returns whether it was taken */
  async send(plain: Buffer): Promise<boolean> {
    const { url, headers, isCompressed, timeoutMs } = this.destination;
    const until = performance.now() + timeoutMs;
    const leftMs = (): number => Math.min(until, this.#lastAt) - performance.now();
    const sent = {
      ...headers,
      'content-type': this.#contentType,
      ...(isCompressed ? { 'content-encoding': 'gzip' } : {}),
    };
    const body = isCompressed ? await compress(plain) : plain;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs *= 2) {
      const { status, retryAfter, why } = await this.#try(sent, body, leftMs());
      if (status !== undefined && status >= 200 && status < 300) {
        this.#news.worked(url);
        return true;
      }
      const isFinal = status !== undefined && !AGAIN.has(status);
      const waitMs = Math.max(pauseMs, (Number(retryAfter) || 0) * 1000);
      if (isFinal || leftMs() <= waitMs) {
        this.#news.failed(url, status, why);
        return false;
      }
      // Said before the last try: what is dropped meanwhile has its reason.
      if (status === undefined) this.#news.failed(url, status, why);
      await this.#pause(waitMs);
    }
  }

  /** Ends in this many milliseconds at the latest. Nothing waits for another try any more. */
  hurry(ms: number): void {
    this.#lastAt = performance.now() + ms;
    this.#wake?.();
  }

  close(): void {
    void this.#line?.then((line) => line.close()).catch(() => undefined);
  }

  async #try(headers: Readonly<Record<string, string>>, body: Buffer, timeoutMs: number): Promise<Outcome> {
    if (timeoutMs <= 0) return { status: undefined, retryAfter: undefined, why: 'There was no time left.' };
    try {
      this.#line ??= this.#openLine();
      const answer = await (await this.#line).post(headers, body, timeoutMs);
      return { ...answer, why: `It answers with HTTP ${answer.status}.` };
    } catch (error) {
      return { status: undefined, retryAfter: undefined, why: error instanceof Error ? error.message : 'unknown' };
    }
  }

  /** A way that could not be opened is tried again: the file of a certificate may be there later. */
  #openLine(): Promise<PostLine> {
    const line = this.#open(this.destination.url, this.destination.ca);
    line.catch(() => {
      this.#line = undefined;
    });
    return line;
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      timer.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

interface Outcome {
  readonly status: number | undefined;
  readonly retryAfter: string | undefined;
  readonly why: string;
}
