/** JSON as it stands in its text: keys that stand twice and the spelling of everything are kept. */

export type Node =
  | { readonly kind: 'object'; readonly members: readonly Member[] }
  | { readonly kind: 'array'; readonly items: readonly Node[] }
  /** A string, a number or a word, as its text. */
  | { readonly kind: 'scalar'; readonly text: string };

export interface Member {
  /** JSON text of the key, with its quotes and escapes. */
  readonly key: string;
  readonly value: Node;
}

const TOKEN = /[{}[\],:]|"(?:[^"\\]|\\.)*"|[^\s{}[\],:"]+/gy;

/** Parses a text that is known to be JSON. */
export function parse(text: string): Node {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  for (let at = 0; at < text.length; at = TOKEN.lastIndex) {
    while (/\s/.test(text.charAt(at))) at++;
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text)?.[0];
    if (token === undefined) break;
    tokens.push(token);
  }
  let at = 0;
  const value = (): Node => {
    const token = tokens[at++] ?? '';
    if (token === '[') {
      const items: Node[] = [];
      while (tokens[at] !== ']') {
        items.push(value());
        if (tokens[at] === ',') at++;
      }
      at++;
      return { kind: 'array', items };
    }
    if (token !== '{') return { kind: 'scalar', text: token };
    const members: Member[] = [];
    while (tokens[at] !== '}') {
      const key = tokens[at] ?? '';
      at += 2;
      members.push({ key, value: value() });
      if (tokens[at] === ',') at++;
    }
    at++;
    return { kind: 'object', members };
  };
  return value();
}

export function print(node: Node): string {
  switch (node.kind) {
    case 'scalar':
      return node.text;
    case 'array':
      return `[${node.items.map(print).join(',')}]`;
    case 'object':
      return `{${node.members.map(({ key, value }) => `${key}:${print(value)}`).join(',')}}`;
  }
}

/** How a reader finds a member: Go matches without regard to case, some take the first of several. */
export interface Reader {
  readonly folds: boolean;
  readonly takes: 'first' | 'last';
}

export const READERS: readonly Reader[] = [
  { folds: false, takes: 'last' },
  { folds: false, takes: 'first' },
  { folds: true, takes: 'last' },
  { folds: true, takes: 'first' },
];

/** What this reader finds under a name; null counts as absent. */
export function read(node: Node | undefined, name: string, { folds, takes }: Reader): Node | undefined {
  if (node?.kind !== 'object') return undefined;
  const found = node.members.filter(({ key, value }) => {
    const decoded = JSON.parse(key) as string;
    return (folds ? simplyFolded(decoded) === simplyFolded(name) : decoded === name) && print(value) !== 'null';
  });
  return (takes === 'last' ? found.at(-1) : found[0])?.value;
}

/** As Go's `foldName`: the two letters besides ASCII that its table folds to ASCII, and upper case. */
function simplyFolded(text: string): string {
  return text.replaceAll('\u017f', 's').replaceAll('\u212a', 'k').toUpperCase();
}

/** The string that a reader finds at the end of a path; undefined for everything else. */
export function readString(node: Node | undefined, path: readonly string[], reader: Reader): string | undefined {
  let found = node;
  for (const name of path) found = read(found, name, reader);
  if (found?.kind !== 'scalar' || !found.text.startsWith('"')) return undefined;
  return JSON.parse(found.text) as string;
}
