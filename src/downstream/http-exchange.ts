/**
 * One request and its response on undici's own interface: no stream, no `AbortSignal` and no iterator are made for it, which
 * together cost more than the rest of a call.
 */
import type { Buffer } from 'node:buffer';
import type { Dispatcher } from 'undici';
import type { CancelSignal } from '../shared/cancel.ts';

/** Bytes that are held while nobody reads; then the server has to wait. */
const MAX_HELD = 64 * 1024;

/** What follows the head of a response. */
export interface HttpBody {
  /**
   * Takes every chunk as it comes; once.
   * @returns resolves at the end; rejects with what broke it off, or with what `take` throws, which ends the connection.
   */
  read(take: (chunk: Buffer) => void): Promise<void>;
  /** Reads no more and ends the connection: `read` rejects. */
  destroy(): void;
}

export interface ExchangeRequest {
  readonly method: 'POST' | 'GET' | 'DELETE';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly signal: CancelSignal;
}

export interface Exchanged {
  readonly status: number;
  /** The first value of a header, all challenges of `www-authenticate`; names are lower-case. */
  header(name: string): string | undefined;
  /** Media type without parameters, lower-case. */
  readonly type: string;
  readonly body: HttpBody;
}

/** Sends a request. @returns resolves at the head of the response; rejects with an error of undici or the system. */
export function dispatch(to: Dispatcher, { signal, ...request }: ExchangeRequest): Promise<Exchanged> {
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    const aborted = (): void => controller?.abort(errorOf(signal.reason));
    const body = createBody(() => controller);
    const end = (error?: unknown): void => {
      signal.removeEventListener('abort', aborted);
      body.end(error);
    };
    signal.addEventListener('abort', aborted, { once: true });
    to.dispatch(request, {
      onRequestStart(started) {
        controller = started;
        if (signal.aborted) aborted();
      },
      onResponseStart(_controller, status, headers) {
        // An informational response; the real one follows.
        if (status < 200) return;
        const header = (name: string): string | undefined => {
          const value = headers[name];
          // Several challenges are one list (RFC 9110, section 11.6.1).
          if (name === 'www-authenticate' && Array.isArray(value)) return value.join(', ');
          return Array.isArray(value) ? value[0] : value;
        };
        resolve({ status, header, type: mediaType(header('content-type')), body });
      },
      onResponseData: (_controller, chunk) => body.push(chunk),
      onResponseEnd: () => end(),
      onResponseError(_controller, error) {
        reject(error);
        end(error);
      },
    });
  });
}

function mediaType(contentType: string | undefined): string {
  if (contentType === undefined || contentType === 'application/json') return contentType ?? '';
  return contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** undici takes errors only. */
function errorOf(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error('The request was aborted.', { cause: reason });
}

type Body = HttpBody & { push(chunk: Buffer): void; end(error: unknown): void };

function createBody(controller: () => Dispatcher.DispatchController | undefined): Body {
  let held: Buffer[] = [];
  let heldBytes = 0;
  let take: ((chunk: Buffer) => void) | undefined;
  let settle: ((error: unknown) => void) | undefined;
  let isOver = false;
  let failure: unknown;

  /** @returns whether it was taken. */
  const deliver = (chunk: Buffer): boolean => {
    try {
      take?.(chunk);
      return true;
    } catch (error) {
      failure = error;
      controller()?.abort(errorOf(error));
      return false;
    }
  };

  return {
    push(chunk) {
      if (take !== undefined) {
        deliver(chunk);
        return;
      }
      held.push(chunk);
      heldBytes += chunk.length;
      if (heldBytes > MAX_HELD) controller()?.pause();
    },
    end(error) {
      if (isOver) return;
      isOver = true;
      failure ??= error;
      settle?.(failure);
    },
    read(reader) {
      return new Promise((resolve, reject) => {
        settle = (error) => (error === undefined ? resolve() : reject(error));
        take = reader;
        const chunks = held;
        held = [];
        for (const chunk of chunks) if (!deliver(chunk)) break;
        if (isOver) settle(failure);
        else if (heldBytes > MAX_HELD) controller()?.resume();
      });
    },
    destroy() {
      controller()?.abort(new Error('The rest of the response is not wanted.'));
    },
  };
}
