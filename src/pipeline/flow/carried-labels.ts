/** The labels that callers carry: a session to its end, everybody else for a while. Only ever grows, until somebody takes it back. */
import { GatewayError } from '../../shared/errors.ts';
import type { Holder, KeptLabel, LabelPlace, Touched } from './label-files.ts';

/** One that calls: a holder of labels, and its session where it has one. */
export interface Carrier extends Holder {
  readonly session: string | undefined;
}

/** Sessions whose labels are remembered; older ones carry what their holders do. */
const MAX_SESSIONS = 10_000;
/** Milliseconds for which a label need not be written again. */
const FRESH_MS = 10_000;

const NOT_WRITTEN = {
  before:
    'What this call touches cannot be written down, so it is not forwarded. Whoever runs the gateway has to look at it.',
  after:
    'The server answered, but what its result touches cannot be written down, so it is not released. Whoever runs the gateway has to look at it.',
} as const;

export class CarriedLabels {
  readonly #place: LabelPlace;
  readonly #now: () => number;
  /** Only the process that has a session need know. */
  readonly #sessions = new Map<string, Map<string, Touched>>();

  /** @param now milliseconds since 1970 */
  constructor(place: LabelPlace, now: () => number = Date.now) {
    this.#place = place;
    this.#now = now;
  }

  /** Looks what others remember of a caller; undefined where that needs no waiting. Never rejects. */
  refresh(carrier: Carrier): Promise<void> | undefined {
    return this.#place.refresh?.(carrier);
  }

  /** Remembers what a call touches, before it is forwarded, or before its result is released. @throws GatewayError AUDIT_UNAVAILABLE where it cannot be written down */
  touch(
    carrier: Carrier,
    labels: readonly string[],
    { server, name }: Omit<Touched, 'at'>,
    when: keyof typeof NOT_WRITTEN = 'before',
  ): Promise<void> | undefined {
    const touched: Touched = { at: this.#now(), server, name };
    const writing: Promise<void>[] = [];
    for (const label of labels) {
      this.#touchInSession(carrier, label, touched);
      try {
        const kept = this.#readable(carrier, label);
        if (kept?.touched && Math.abs(touched.at - kept.touched.at) < FRESH_MS) continue;
        const written = this.#place.write(carrier, label, touched, kept?.resetAt ?? 0);
        if (written !== undefined) writing.push(written);
      } catch (cause) {
        throw new GatewayError('AUDIT_UNAVAILABLE', NOT_WRITTEN[when], { cause });
      }
    }
    if (writing.length === 0) return undefined;
    return Promise.all(writing).then(
      () => undefined,
      (cause: unknown) => {
        throw new GatewayError('AUDIT_UNAVAILABLE', NOT_WRITTEN[when], { cause });
      },
    );
  }

  /** The cause for which a label is carried; undefined where it is not. What cannot be read is carried. @param windowMs outside of the session */
  touchedBy(carrier: Carrier, label: string, windowMs: number): Touched | undefined {
    const own = this.#sessions.get(keyOf(carrier))?.get(label);
    let kept: KeptLabel | undefined;
    try {
      kept = this.#read(carrier, label);
    } catch {
      return own ?? { at: this.#now(), server: '', name: null };
    }
    if (own !== undefined && own.at >= (kept?.resetAt ?? 0)) return own;
    const touched = kept?.touched ?? undefined;
    return touched !== undefined && this.#now() - touched.at < windowMs + FRESH_MS ? touched : undefined;
  }

  #read(carrier: Holder, label: string): KeptLabel | undefined {
    return this.#place.read(carrier, label);
  }

  /** Undefined for what was cut off, too: it is written anew. @throws the error of the file system */
  #readable(carrier: Holder, label: string): KeptLabel | undefined {
    try {
      return this.#read(carrier, label);
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  #touchInSession(carrier: Carrier, label: string, touched: Touched): void {
    if (carrier.session === undefined) return;
    const key = keyOf(carrier);
    const labels = this.#sessions.get(key) ?? new Map<string, Touched>();
    this.#sessions.delete(key);
    this.#sessions.set(key, labels.set(label, touched));
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size <= MAX_SESSIONS) break;
      this.#sessions.delete(oldest);
    }
  }
}

function keyOf({ rules, owner, session }: Carrier): string {
  return JSON.stringify([rules, owner, session ?? null]);
}
