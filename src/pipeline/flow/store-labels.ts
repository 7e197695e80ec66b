/**
 * The labels that callers carry, at the store of several gateways: a hash for each holder, and in it a sealed text for each label. What a
 * decision reads was looked up right before it; where that could not be done, nothing is known, and every label counts as carried.
 */
import { seal, unseal } from '../../config/encryption.ts';
import { keyName, type SharedStore, storeScript } from '../../store/shared-store.ts';
import {
  type Holder,
  type KeptLabel,
  type LabelPlace,
  type PlacedLabel,
  type Touched,
  unreadable,
} from './label-files.ts';

/** Milliseconds for which labels are kept, longer than any window. */
const KEPT_MS = 31 * 24 * 3_600_000;
/** Holders that are remembered between a look and the decision. */
const MAX_HOLDERS = 10_000;

const READ = storeScript("return redis.call('HGETALL', KEYS[1])");
/** KEYS: the holder, the set of all holders. */
const WRITE = storeScript(`
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('SADD', KEYS[2], ARGV[4])`);
/** KEYS: the set of all holders, and what their keys begin with. Forgets those that carry nothing any more. */
const ALL = storeScript(`
local all = {}
for _, holder in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local labels = redis.call('HGETALL', KEYS[2] .. holder)
  if #labels == 0 then redis.call('SREM', KEYS[1], holder) else all[#all + 1] = { holder, labels } end
end
return all`);
const HOLDERS = 'holders';

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
    await this.#write(place, name, kept);
    this.#seen.get(place)?.set(name, kept);
  }

  async all(): Promise<readonly PlacedLabel[]> {
    const all = (await this.#store.run(ALL, [HOLDERS, ''], [])) as readonly (readonly [string, readonly string[]])[];
    return all.flatMap(([place, flat]) =>
      Array.from({ length: flat.length / 2 }, (_, n) => {
        const name = flat[2 * n] ?? '';
        const kept = this.#open(flat[2 * n + 1] ?? '', aboutOf(place, name));
        return { path: `${place} ${name}`, kept: kept ?? unreadable(name, Date.now()) };
      }),
    );
  }

  async reset(path: string, kept: KeptLabel, at: number): Promise<void> {
    const [place = '', name = ''] = path.split(' ');
    await this.#write(place, name, { ...kept, touched: null, resetAt: at });
  }

  async #write(place: string, name: string, kept: KeptLabel): Promise<void> {
    const sealed = seal(this.#keys[0] as Uint8Array, JSON.stringify(kept), aboutOf(place, name));
    await this.#store.run(WRITE, [place, HOLDERS], [name, sealed, KEPT_MS, place]);
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
