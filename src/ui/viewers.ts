/**
 * The browsers that may look. A link that works once makes a browser a viewer: it gets a cookie, and a token that stays in its own storage.
 * Both are needed. A cookie of 127.0.0.1 is sent to every port of this machine, so another program there may get hold of it; the
 * storage belongs to this port alone.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

interface Viewer {
  /** Value of the cookie. */
  readonly cookie: string;
  /** The value that its requests carry in the header `X-Gateway-Token`. */
  readonly token: string;
}

/** Browsers that may look at one time; the one that came first goes. */
const MAX_VIEWERS = 20;
/** Links that were made and not followed. */
const MAX_LINKS = 20;

export class Viewers {
  readonly #links = new Set<string>();
  readonly #viewers: { readonly cookie: Buffer; readonly token: Buffer }[] = [];

  /** The key of a link that works once. */
  createLink(): string {
    const key = randomKey();
    this.#links.add(digestOf(key).toString('hex'));
    for (const link of this.#links) {
      if (this.#links.size <= MAX_LINKS) break;
      this.#links.delete(link);
    }
    return key;
  }

  /** Makes whoever has the key of a link a viewer; undefined where the link does not work, or not any more. */
  follow(key: string): Viewer | undefined {
    if (!this.#links.delete(digestOf(key).toString('hex'))) return undefined;
    const viewer = { cookie: randomKey(), token: randomKey() };
    this.#viewers.push({ cookie: digestOf(viewer.cookie), token: digestOf(viewer.token) });
    if (this.#viewers.length > MAX_VIEWERS) this.#viewers.shift();
    return viewer;
  }

  /** True where both belong to the same viewer. */
  isViewer(cookie: string | undefined, token: string | undefined): boolean {
    if (cookie === undefined || token === undefined) return false;
    const given = { cookie: digestOf(cookie), token: digestOf(token) };
    return this.#viewers.some(
      (viewer) => timingSafeEqual(viewer.cookie, given.cookie) && timingSafeEqual(viewer.token, given.token),
    );
  }
}

function randomKey(): string {
  return randomBytes(32).toString('base64url');
}

function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
