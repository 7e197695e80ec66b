/** The bytes of a file with one entry changed, checked: everything else holds what it held. */
import { isUtf8 } from 'node:buffer';
import {
  type Container,
  type DataMap,
  dataAt,
  EditError,
  type Editor,
  entriesOf,
  isMap,
  isSame,
  type Json,
  toData,
} from './data.ts';
import { jsonEditor } from './json.ts';
import { tomlEditor } from './toml.ts';
import { yamlEditor } from './yaml.ts';

export type Format = 'json' | 'toml' | 'yaml';

const EDITORS: Readonly<Record<Format, Editor>> = { json: jsonEditor, toml: tomlEditor, yaml: yamlEditor };

/** One entry that is added or replaced; without a value it is taken out. */
export interface EntryChange {
  readonly container: Container;
  readonly name: string;
  readonly value?: Json | undefined;
  /** For what is taken out: how many maps of the path go with it when they are empty. */
  readonly made?: number | undefined;
}

/** Bytes of a file of a client at most: `~/.claude.json` carries history. */
const MAX_CLIENT_FILE_BYTES = 64 * 1024 * 1024;

const BOM = '\ufeff';

/** The text of a file and its byte-order mark. @throws EditError where it is not UTF-8 */
export function decode(bytes: Uint8Array): { readonly bom: string; readonly text: string } {
  if (bytes.length > MAX_CLIENT_FILE_BYTES) throw new EditError(`has ${bytes.length} bytes, more than can be edited.`);
  const [first, second] = bytes;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new EditError('is encoded as UTF-16: save it as UTF-8.', { line: 1, column: 1 });
  }
  if (!isUtf8(bytes)) throw new EditError('is not valid UTF-8: save it with that encoding.');
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
  return text.startsWith(BOM) ? { bom: BOM, text: text.slice(1) } : { bom: '', text };
}

/** The content of the file. @throws EditError */
export function readData(format: Format, bytes: Uint8Array): DataMap {
  return EDITORS[format].read(decode(bytes).text);
}

interface EditResult {
  readonly bytes: Buffer;
  /** For each change, how many maps of its path were made. */
  readonly made: readonly number[];
}

/**
 * Makes the changes in their order.
 * @param bytes empty for a file that is not there.
 * @throws EditError where one of them is not possible, or would change anything else.
 */
export function editBytes(format: Format, bytes: Uint8Array, changes: readonly EntryChange[]): EditResult {
  const editor = EDITORS[format];
  const { bom, text } = decode(bytes);
  let edited = text;
  const made: number[] = [];
  for (const { container, name, value, made: remove = 0 } of changes) {
    if (value === undefined) {
      edited = editor.remove(edited, container, name, remove);
      made.push(0);
    } else {
      const result = editor.set(edited, container, name, value);
      edited = result.text;
      made.push(result.made);
    }
  }
  check(editor, text, edited, changes);
  return { bytes: Buffer.from(bom + edited), made };
}

/** Reads both again: the entries are what they should be, and nothing else is another. */
function check(editor: Editor, before: string, after: string, changes: readonly EntryChange[]): void {
  const [old, made] = [editor.read(before), editor.read(after)];
  const failed = new EditError('cannot be changed without touching something else: change it by hand.');
  const last = new Map(changes.map((change) => [JSON.stringify([change.container, change.name]), change]));
  for (const { container, name, value } of last.values()) {
    const entry = entriesOf(made, container).get(name);
    const wanted = value === undefined ? undefined : named(container, name, value);
    if (wanted === undefined ? entry !== undefined : !isSame(entry, toData(wanted))) throw failed;
  }
  let [one, other]: [DataMap, DataMap] = [old, made];
  for (const { container, name } of last.values()) {
    one = without(one, container, name);
    other = without(other, container, name);
  }
  if (!isSame(one, other)) throw failed;
}

function named({ nameKey }: Container, name: string, value: Json): Json {
  return nameKey === undefined ? value : { [nameKey]: name, ...(value as { [key: string]: Json }) };
}

/** The data without an entry and without the maps around it that are empty then. */
function without(root: DataMap, { path, nameKey }: Container, name: string): DataMap {
  const found = dataAt(root, path);
  if (nameKey !== undefined) {
    const items = Array.isArray(found) ? found.filter((item) => !(isMap(item) && item.get(nameKey) === name)) : [];
    return replaceAt(root, path, items.length === 0 ? undefined : items);
  }
  if (!isMap(found)) return found === null || found === '' ? replaceAt(root, path, undefined) : root;
  const rest = new Map(found);
  rest.delete(name);
  return replaceAt(root, path, rest.size === 0 ? undefined : rest);
}

function replaceAt(root: DataMap, path: readonly string[], value: DataMap | readonly never[] | unknown): DataMap {
  const [key, ...rest] = path;
  if (key === undefined) return isMap(value as never) ? (value as DataMap) : new Map();
  const copy = new Map(root);
  const inner = root.get(key);
  if (rest.length === 0) {
    if (value === undefined) copy.delete(key);
    else copy.set(key, value as never);
    return copy;
  }
  const below = replaceAt(isMap(inner) ? inner : new Map(), rest, value);
  if (below.size === 0) copy.delete(key);
  else copy.set(key, below);
  return copy;
}
