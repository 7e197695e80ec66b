/** Results that were too long for their caller, kept for a while so that it can read on. In memory, within bounds. */
import { randomBytes } from 'node:crypto';

/** Characters of all results together. */
const MAX_TOTAL = 64 * 1024 * 1024;
/** Milliseconds after the last use. */
const LIFETIME_MS = 15 * 60_000;
const MAX_RESULTS = 1000;
/** What handles begin with. */
export const RESULT_PREFIX = 'r_';

/** What is kept of a result. */
export interface KeptResult {
  /** Who may read it: a handle is no secret that opens it. */
  readonly owner: string;
  readonly server: string;
  readonly tool: string;
  /** Its text blocks, joined by blank lines. */
  readonly text: string;
  /** JSON text that `select` looks into; undefined where there is none. */
  readonly json: string | undefined;
  /** Whether the call that it came from is still permitted. */
  readonly permitted: () => boolean;
}

export interface ResultStore {
  /** @returns the handle. */
  keep(result: KeptResult): string;
  /** A result of this owner; undefined where the handle is unknown, expired or another's. A promise where it is kept elsewhere. */
  find(handle: string, owner: string): KeptResult | undefined | Promise<KeptResult | undefined>;
  /** Forgets what is no longer permitted: the configuration changed. */
  review(): void;
}

interface Entry {
  readonly result: KeptResult;
  readonly size: number;
  usedAt: number;
}

/** A store whose results are in this process. */
export interface LocalResultStore extends ResultStore {
  find(handle: string, owner: string): KeptResult | undefined;
}

export interface ResultStoreOptions {
  readonly now?: () => number;
  /** Characters of all results together. */
  readonly maxTotal?: number;
  /** What handles go on with after the prefix. */
  readonly tag?: string | undefined;
  /** Part of all limits that is this one's, from 0 to 1. */
  readonly share?: number | undefined;
}

export function createResultStore(options: ResultStoreOptions = {}): LocalResultStore {
  const { tag = '', share = 1 } = options;
  const now = options.now ?? (() => performance.now());
  const maxTotal = (options.maxTotal ?? MAX_TOTAL) * share;
  const maxResults = MAX_RESULTS * share;
  // In the order of their use.
  const entries = new Map<string, Entry>();
  let total = 0;

  const drop = (handle: string, { size }: Entry): void => {
    entries.delete(handle);
    total -= size;
  };
  const makeRoom = (): void => {
    for (const [handle, entry] of entries) {
      const expired = now() - entry.usedAt > LIFETIME_MS;
      if (!expired && total <= maxTotal && entries.size <= maxResults) return;
      drop(handle, entry);
    }
  };

  return {
    keep(result) {
      const handle = `${RESULT_PREFIX}${tag}${randomBytes(9).toString('base64url')}`;
      const size = result.text.length + (result.json === result.text ? 0 : (result.json?.length ?? 0));
      entries.set(handle, { result, size, usedAt: now() });
      total += size;
      makeRoom();
      return handle;
    },
    find(handle, owner) {
      makeRoom();
      const entry = entries.get(handle);
      if (entry === undefined || entry.result.owner !== owner) return undefined;
      entries.delete(handle);
      entry.usedAt = now();
      entries.set(handle, entry);
      return entry.result;
    },
    review() {
      for (const [handle, entry] of entries) if (!entry.result.permitted()) drop(handle, entry);
    },
  };
}
