/**
 * The labels that callers carry, at the store of several gateways: a hash for each holder, and in it a sealed text for each label. What a
 * decision reads was looked up right before it; where that could not be done, nothing is known, and every label counts as carried.
 */
import { seal, unseal } from '../../config/encryption.ts';
import { keyName, type SharedStore, storeScript } from '../../store/shared-store.ts';
import type { Holder, KeptLabel, LabelPlace, Touched } from './label-files.ts';

/** Milliseconds for which labels are kept, longer than any window. */
const KEPT_MS = 31 * 24 * 3_600_000;
/** Holders that are remembered between a look and the decision. */
const MAX_HOLDERS = 10_000;

const READ = storeScript("return redis.call('HGETALL', KEYS[1])");
const WRITE = storeScript(`
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])`);

/** The labels of a holder by their names in the hash; undefined for one that says nothing that can be read. */
type Seen = Map<string, KeptLabel | undefined>;

export class StoreLabels implements LabelPlace {
  readonly #store: SharedStore;
  readonly #keys: readonly Uint8Array[];
  readonly #seen = new Map<string, Seen>();

  /** @param keys the first seals, all open */
  constructor(store: SharedStore, keys: readonly Uint8Array[]) {
    this.#store = store;
    this.#keys = keys;
  }

  read(holder: Holder, label: string): KeptLabel | undefined {
    const name = keyName(label);
    const seen = this.#seen.get(placeOf(holder));
    if (seen === undefined) throw new Error('The store of labels was not reached.');
    const kept = seen.get(name);
    if (kept === undefined && seen.has(name)) throw new SyntaxError('It is no label.');
    return kept;
  }

  async write(holder: Holder, label: string, touched: Touched, resetAt: number): Promise<void> {
    const { rules, caller, agent = null } = holder;
    const [place, name] = [placeOf(holder), keyName(label)];
    const kept: KeptLabel = { rules, caller, agent, label, touched, resetAt };
    const sealed = seal(this.#keys[0] as Uint8Array, JSON.stringify(kept), aboutOf(place, name));
    await this.#store.run(WRITE, [place], [name, sealed, KEPT_MS]);
    this.#seen.get(place)?.set(name, kept);
  }

  async refresh(holder: Holder): Promise<void> {
    const place = placeOf(holder);
    try {
      const flat = (await this.#store.run(READ, [place], [])) as readonly string[];
      const seen: Seen = new Map();
      for (let at = 0; at < flat.length; at += 2) {
        const name = flat[at] ?? '';
        seen.set(name, this.#open(flat[at + 1] ?? '', aboutOf(place, name)));
      }
      this.#seen.delete(place);
      this.#seen.set(place, seen);
      for (const oldest of this.#seen.keys()) {
        if (this.#seen.size <= MAX_HOLDERS) break;
        this.#seen.delete(oldest);
      }
    } catch {
      this.#seen.delete(place);
    }
  }

  #open(sealed: string, about: string): KeptLabel | undefined {
    for (const key of this.#keys) {
      const text = unseal(key, sealed, about);
      if (text !== undefined) return JSON.parse(text) as KeptLabel;
    }
    return undefined;
  }
}

function placeOf({ owner, agent }: Holder): string {
  return keyName('labels', owner, agent);
}

function aboutOf(place: string, name: string): string {
  return `label ${place} ${name}`;
}
