/** Places for the resources that a session watches: each subscription has one from its beginning, and one alone. */
import { detached } from '../shared/detached.ts';
import type { SessionState } from './session.ts';
import { MAX_WATCHED, type Watched } from './subscriptions.ts';

/** The place of a subscription of which nobody knows yet whether its server agrees. */
interface WatchSlot {
  /** Its server agreed. @param asked the URI that the client used */
  fill(asked: string, watched: Watched): void;
  /** Gives the place up, unless it is filled. */
  free(): void;
}

type Session = Pick<SessionState, 'watched'>;

export class WatchSlots {
  readonly #starting = new WeakMap<Session, number>();

  /** @returns undefined where the session has no place left */
  take(session: Session): WatchSlot | undefined {
    const starting = this.#starting.get(session) ?? 0;
    if (session.watched.size + starting >= MAX_WATCHED) return undefined;
    this.#starting.set(session, starting + 1);
    let isStarting = true;
    const free = (): void => {
      if (!isStarting) return;
      isStarting = false;
      this.#starting.set(session, (this.#starting.get(session) ?? 1) - 1);
    };
    return {
      free,
      fill(asked, { server, uri }) {
        free();
        // It is kept longer than the message that it came in.
        session.watched.set(detached(asked), { server: detached(server), uri: detached(uri) });
      },
    };
  }
}
