import { GatewayError } from '../../shared/errors.ts';

type Row = Readonly<Record<string, unknown>> & { readonly id: string };

/** Rows in memory, for as long as the server runs. */
interface Store {
  all(): Row[];
  /** @throws GatewayError INVALID_ARGUMENTS where there is no such row. */
  get(id: unknown): Row;
  /** Rows that have every word of `query` somewhere, upper and lower case alike. */
  search(query: unknown): Row[];
  /** Rows whose fields have these values; fields of undefined do not count. */
  where(fields: Readonly<Record<string, unknown>>): Row[];
  add(fields: Readonly<Record<string, unknown>>): Row;
  change(id: unknown, fields: Readonly<Record<string, unknown>>): Row;
  remove(id: unknown): Row;
}

/**
 * @param noun what a row is, for errors.
 * @param prefix of the ids of new rows.
 */
export function createStore(noun: string, prefix: string, rows: readonly Row[]): Store {
  const held = new Map(rows.map((row) => [row.id, row]));
  let next = 9000;
  const get = (id: unknown): Row => {
    const row = held.get(String(id));
    if (row === undefined) throw new GatewayError('INVALID_ARGUMENTS', `There is no ${noun} "${String(id)}".`);
    return row;
  };
  const put = (row: Row): Row => {
    held.set(row.id, row);
    return row;
  };
  return {
    all: () => [...held.values()],
    get,
    search(query) {
      const words = String(query ?? '')
        .toLowerCase()
        .split(/\s+/);
      return [...held.values()].filter((row) => {
        const whole = JSON.stringify(row).toLowerCase();
        return words.every((word) => whole.includes(word));
      });
    },
    where(fields) {
      const wanted = Object.entries(fields).filter(([, value]) => value !== undefined);
      return [...held.values()].filter((row) => wanted.every(([key, value]) => row[key] === value));
    },
    add: (fields) => put({ id: `${prefix}${next++}`, ...fields }),
    change: (id, fields) => put({ ...get(id), ...fields }),
    remove(id) {
      const row = get(id);
      held.delete(row.id);
      return row;
    },
  };
}
