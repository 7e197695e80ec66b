/** Names of tools and arguments: legal, unique, and the same as long as the document says the same. */
import { createHash } from 'node:crypto';

/** Longest name that models take. */
const MAX_NAME = 64;
const HASH = 6;
const LONG_HASH = 24;

/** An operation, as far as it is named by. */
interface Nameable {
  readonly id: string | undefined;
  readonly method: string;
  readonly path: string;
}

/**
 * A name for each operation, in their order: its `operationId`, or its method and path. Where that has to be changed or cut and is the name of another one then, it
 * gets a hash of method and path. It depends on no order, and no operation gets the name that another one had.
 */
export function nameOperations(operations: readonly Nameable[]): readonly string[] {
  const wanted = operations.map((operation) => ({ ...operation, name: plainName(writtenName(operation)) }));
  const counts = new Map<string, number>();
  const literal = new Map<string, number>();
  for (const { name, id } of wanted) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
    if (id === name) literal.set(name, (literal.get(name) ?? 0) + 1);
  }
  const taken = new Set<string>();
  return wanted.map(({ id, method, path, name }) => {
    const isOnly = counts.get(name) === 1 || (id === name && literal.get(name) === 1);
    const of = `${method} ${path}`;
    let free = isOnly && name.length <= MAX_NAME ? name : withHash(name, of);
    // A hash may be what another one is called.
    if (taken.has(free)) free = withHash(name, of, LONG_HASH);
    taken.add(free);
    return free;
  });
}

function writtenName({ id = '', method, path }: Nameable): string {
  return plainName(id) === '' ? `${method}${path}` : id;
}

/** The names of arguments, in the order of what they are for: `id`, or `query_id` where another one is called `id`. */
export function nameArguments(wanted: readonly { readonly place: string; readonly name: string }[]): readonly string[] {
  const taken = new Set<string>();
  return wanted.map(({ place, name }) => {
    const plain = plainName(name) || place;
    const candidates = [plain, `${place}_${plain}`, withHash(plain, `${place} ${name}`)];
    const isFree = (each: string): boolean => each.length <= MAX_NAME && !taken.has(each);
    const free = candidates.find(isFree) ?? withHash(plain, `${taken.size} ${name}`, LONG_HASH);
    taken.add(free);
    return free;
  });
}

/** Letters, digits, `_` and `-`: what every client and model takes. */
function plainName(text: string): string {
  return text
    .replace(/[^A-Za-z0-9_-]+/g, '_')
    .replace(/^_+(?=[A-Za-z0-9])/, '')
    .replace(/(?<=[A-Za-z0-9])_+$/, '')
    .replace(/^_+$/, '');
}

function withHash(name: string, of: string, length = HASH): string {
  const hash = createHash('sha256').update(of).digest('hex').slice(0, length);
  return `${name.slice(0, MAX_NAME - length - 1)}_${hash}`;
}
