/** Results that were too long for their caller, kept for a while so that it can read on. In memory, within bounds. */
import { randomBytes } from 'node:crypto';
import { ByteBudget, type Kept } from '../../shared/byte-budget.ts';
import { detached } from '../../shared/detached.ts';
import { GatewayError } from '../../shared/errors.ts';

/** Milliseconds after the last use. */
const LIFETIME_MS = 15 * 60_000;
/** Results of one principal. */
const MAX_RESULTS = 1000;
/** Bytes of a result besides its texts. */
const RESULT_BYTES = 1024;
/** The beginning of handles. */
export const RESULT_PREFIX = 'r_';

/** The server of results of programs: of several, or none. Those that are no longer permitted are forgotten. */
export const NO_SERVER = '';

/** A result that is kept. */
export interface KeptResult {
  /** The only owner and agent that may read it: a handle is no secret that opens it. */
  readonly ownerAndAgent: string;
  /** The owner whose memory it takes. */
  readonly owner: string;
  readonly server: string;
  readonly tool: string;
  /** Its text blocks, joined by blank lines. */
  readonly text: string;
  /** JSON text that `select` looks into; undefined where there is none. */
  readonly json: string | undefined;
  /** Labels that the calls of its program touched; undefined for the result of a tool. */
  readonly labels?: readonly string[] | undefined;
  /** True if the call that it came from is still permitted. */
  readonly permitted: () => boolean;
}

/** A result, for whoever reads it. */
export type FoundResult = Omit<KeptResult, 'ownerAndAgent' | 'owner'>;

export interface ResultStore {
  /** @returns the handle. */
  keep(result: KeptResult): string;
  /**
   * A result of these; undefined where the handle is unknown, expired or another's. A promise where it is kept elsewhere.
   * @throws GatewayError UNKNOWN_HANDLE where another gateway keeps it
   */
  find(handle: string, ownerAndAgent: string): FoundResult | undefined | Promise<FoundResult | undefined>;
  /** Forgets what is no longer permitted: the configuration changed. */
  review(): void;
}

/** The gateway that a handle names. */
const GATEWAY = /^r_(?:w\d+\.)?([0-9a-f]+)\./;

interface Entry {
  readonly result: KeptResult;
  readonly kept: Kept;
  usedAt: number;
}

/** A store whose results are in this process. */
export interface LocalResultStore extends ResultStore {
  find(handle: string, ownerAndAgent: string): FoundResult | undefined;
}

interface ResultStoreOptions {
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
  /** The budget of results: the one that was not used for longest goes first. */
  readonly budget?: Pick<ByteBudget, 'of'>;
  /** The part of handles after the prefix. */
  readonly tag?: string | undefined;
  /** Part of all limits that is this one's, from 0 to 1. */
  readonly share?: number | undefined;
  /** Names this gateway in handles, after the tag, where callers may bring those of others; otherwise empty. */
  readonly gatewayId?: string | undefined;
}

const ELSEWHERE =
  'The result under this handle is kept by another replica of the gateway, or by one that has ended. If you need the rest, call its tool again, where that may safely be done twice.';

export function createResultStore(options: ResultStoreOptions = {}): LocalResultStore {
  const { tag = '', share = 1, gatewayId = '', budget = new ByteBudget() } = options;
  const place = gatewayId === '' ? '' : `${gatewayId}.`;
  const now = options.now ?? (() => performance.now());
  // In the order of their use.
  const entries = new Map<string, Entry>();
  const maxResults = Math.max(1, MAX_RESULTS * share);

  const drop = (handle: string): void => {
    entries.get(handle)?.kept.release();
    entries.delete(handle);
  };
  const dropExpired = (): void => {
    for (const [handle, { usedAt }] of entries) {
      if (now() - usedAt <= LIFETIME_MS) return;
      drop(handle);
    }
  };
  const dropOldestOf = (owner: string): void => {
    const own = Array.from(entries).filter(([, { result }]) => result.owner === owner);
    for (const [handle] of own.slice(0, -maxResults)) drop(handle);
  };

  return {
    keep(result) {
      const handle = `${RESULT_PREFIX}${tag}${place}${randomBytes(9).toString('base64url')}`;
      const { text, json, server, tool } = result;
      const own = {
        ...result,
        server: detached(server),
        tool: detached(tool),
        json: json === undefined || json === text ? json : detached(json),
      };
      const bytes = RESULT_BYTES + text.length + (json === text ? 0 : (json?.length ?? 0));
      dropExpired();
      // One that finds no room is gone like one that expired.
      const kept = budget.of(result.owner).keep(bytes, () => drop(handle));
      if (kept !== undefined) entries.set(handle, { result: own, kept, usedAt: now() });
      dropOldestOf(result.owner);
      return handle;
    },
    find(handle, ownerAndAgent) {
      dropExpired();
      const entry = entries.get(handle);
      if (entry === undefined && place !== '' && GATEWAY.exec(handle)?.[1] !== gatewayId)
        throw new GatewayError('UNKNOWN_HANDLE', ELSEWHERE);
      if (entry === undefined || entry.result.ownerAndAgent !== ownerAndAgent) return undefined;
      entries.delete(handle);
      entry.usedAt = now();
      entry.kept.use();
      entries.set(handle, entry);
      return entry.result;
    },
    review() {
      for (const [handle, entry] of entries) if (!entry.result.permitted()) drop(handle);
    },
  };
}
