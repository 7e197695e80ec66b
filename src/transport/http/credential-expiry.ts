/**
 * Ends what is open over HTTP with the credential that opened it: when that expires, and when a reload revokes it. What comes in
 * later is refused by its own credential.
 */
import type { Snapshot } from '../../config/snapshot.ts';
import type { Connection } from '../../pipeline/caller.ts';
import type { Canceller } from '../../shared/cancel.ts';
import { GatewayError } from '../../shared/errors.ts';
import { NumberTable } from '../../shared/number-table.ts';

/** Milliseconds between two looks at the clock, which may be set while something is open. */
const LOOK_MS = 30_000;

export interface CredentialExpiry {
  /**
   * Until it is removed, it is aborted with `SESSION_ENDED` when the credential of its connection ends.
   * @returns the number to remove it by.
   */
  add(open: Canceller, connection: Connection): number;
  remove(number: number): void;
  /** Something else that depends on the credential is open: `lapsed` is called when that may have ended. */
  expect(connection: Connection): void;
  /** The one whose credential is good for longer; the second where it is the same. */
  later(one: Connection, other: Connection): Connection;
  /** The configuration is another one. */
  review(): void;
  /** Aborts all, for another reason. */
  abort(reason: GatewayError): void;
  close(): void;
}

interface CredentialExpiryOptions {
  readonly snapshot: () => Snapshot;
  /** Ends what was announced by `expect`. @returns milliseconds since 1970 of the next end among what is left; infinite for none */
  readonly lapsed: (isOver: (connection: Connection) => boolean) => number;
  /** Milliseconds since 1970. */
  readonly today?: () => number;
}

interface Open {
  readonly one: Canceller;
  readonly connection: Connection;
}

export function createCredentialExpiry({
  snapshot,
  lapsed,
  today = Date.now,
}: CredentialExpiryOptions): CredentialExpiry {
  const open = new NumberTable<Open>();
  let newest = 0;
  let due = Number.POSITIVE_INFINITY;
  let timer: NodeJS.Timeout | undefined;

  const isOver = (connection: Connection): boolean => {
    const now = snapshot();
    return !connection.isKnown(now) || connection.expiresAt(now) <= today();
  };

  const expectAt = (at: number): void => {
    if (at >= due) return;
    due = at;
    clearTimeout(timer);
    timer = setTimeout(review, Math.min(Math.max(0, at - today()), LOOK_MS)).unref();
  };

  const review = (): void => {
    due = Number.POSITIVE_INFINITY;
    const now = snapshot();
    let next = Number.POSITIVE_INFINITY;
    for (const { one, connection } of open.values()) {
      if (isOver(connection)) one.abort(credentialOver());
      else next = Math.min(next, connection.expiresAt(now));
    }
    expectAt(Math.min(next, lapsed(isOver)));
  };

  return {
    add(one, connection) {
      open.add(++newest, { one, connection });
      expectAt(connection.expiresAt(snapshot()));
      return newest;
    },
    remove: (number) => void open.delete(number),
    expect: (connection) => expectAt(connection.expiresAt(snapshot())),
    later(one, other) {
      const now = snapshot();
      return one.isKnown(now) && one.expiresAt(now) > other.expiresAt(now) ? one : other;
    },
    review,
    abort(reason) {
      for (const { one } of open.values()) one.abort(reason);
    },
    close: () => clearTimeout(timer),
  };
}

export function credentialOver(): GatewayError {
  return new GatewayError(
    'SESSION_ENDED',
    'The session has ended: it expired, or the configuration no longer has the credential that opened it. Connect with a new credential, or ask the owner of the gateway.',
  );
}
