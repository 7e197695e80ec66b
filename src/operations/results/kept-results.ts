/** Results of tools that only read, kept where the owner says so (docs/caching.md): by tool, within its bytes and those of the process. */
import type { CacheTerms } from '../../config/overrides/overrides.ts';
import type { ResultBody } from '../../protocol/era-codec.ts';
import type { ByteBudget, Kept } from '../../shared/byte-budget.ts';
import { detached } from '../../shared/detached.ts';

/** Bytes that a result counts for besides its own. */
const OVERHEAD = 512;
/** Bytes that the results of one tool may take where its entry does not say. */
const USUAL_BYTES = 1024 * 1024;

interface KeptResult {
  readonly body: ResultBody;
  readonly bytes: number;
  /** Of the server, when the call began: another number means that something changed since. */
  readonly changes: number;
  /** As `performance.now()`. */
  readonly until: number;
  memory: Kept | undefined;
}

/** The results of one tool, in the order of their use. */
interface OfTool {
  bytes: number;
  readonly results: Map<string, KeptResult>;
}

/** A call, as far as it matters whether another one may have its result. */
export interface KeptKey {
  /** Names the tool. */
  readonly tool: string;
  /** Names everything else that the result depends on. */
  readonly call: string;
  /** The owner whose memory it takes. */
  readonly owner: string;
  /** Changes of the server so far. */
  readonly changes: number;
}

export class KeptResults {
  readonly #budget: ByteBudget;
  readonly #now: () => number;
  readonly #tools = new Map<string, OfTool>();

  constructor(budget: ByteBudget, now: () => number = () => performance.now()) {
    this.#budget = budget;
    this.#now = now;
  }

  /** The result that is kept for equal calls, and the milliseconds that are left of its time; undefined for none. */
  find({ tool, call, changes }: KeptKey): { readonly body: ResultBody; readonly leftMs: number } | undefined {
    const of = this.#tools.get(tool);
    const found = of?.results.get(call);
    if (of === undefined || found === undefined) return undefined;
    const leftMs = found.until - this.#now();
    if (found.changes !== changes || leftMs <= 0) {
      this.#forget(tool, of, call, found);
      return undefined;
    }
    of.results.delete(call);
    of.results.set(call, found);
    found.memory?.use();
    return { body: found.body, leftMs };
  }

  /** Keeps a result as long as it may be, and there is room. */
  keep(key: KeptKey, { text, metaAt, resultType, serverInfo }: ResultBody, terms: CacheTerms): void {
    const { tool, call, owner, changes } = key;
    const { ttlMs, maxBytes = USUAL_BYTES } = terms;
    const bytes = Buffer.byteLength(text) + call.length + OVERHEAD;
    const before = this.#tools.get(tool);
    const last = before?.results.get(call);
    if (before !== undefined && last !== undefined) this.#forget(tool, before, call, last);
    if (bytes > maxBytes) return;
    const of = this.#tools.get(tool) ?? { bytes: 0, results: new Map<string, KeptResult>() };
    for (const [oldest, result] of of.results) {
      if (of.bytes + bytes <= maxBytes) break;
      this.#forget(tool, of, oldest, result);
    }
    const body: ResultBody = {
      // It may be a part of much that came with it.
      text: detached(text),
      metaAt,
      ...(resultType === undefined ? {} : { resultType }),
      ...(serverInfo === undefined ? {} : { serverInfo: detached(serverInfo) }),
    };
    const kept: KeptResult = { body, bytes, changes, until: this.#now() + ttlMs, memory: undefined };
    kept.memory = this.#budget.of(owner).keep(bytes, () => this.#forget(tool, of, call, kept));
    if (kept.memory === undefined) return;
    of.results.set(call, kept);
    of.bytes += bytes;
    this.#tools.set(tool, of);
  }

  #forget(tool: string, of: OfTool, call: string, kept: KeptResult): void {
    if (of.results.get(call) !== kept) return;
    of.results.delete(call);
    of.bytes -= kept.bytes;
    kept.memory?.release();
    if (of.results.size === 0) this.#tools.delete(tool);
  }
}
