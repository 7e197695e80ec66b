/** JSON with comments as a tree that knows where everything stood. Nothing of the file becomes an object with a prototype. */
import { type ParseErrorCode, printParseErrorCode, visit } from 'jsonc-parser';
import { decodeText, MAX_FILE_BYTES, placesIn, type TextPlace } from './file-text.ts';
import { quote } from './quote-name.ts';
import type { Problem } from './snapshot.ts';

/** Objects and arrays inside one another at most. */
export const MAX_FILE_DEPTH = 64;

export interface ObjectNode {
  readonly kind: 'object';
  readonly offset: number;
  readonly members: Map<string, { readonly keyOffset: number; readonly value: ConfigNode }>;
}

interface ArrayNode {
  readonly kind: 'array';
  readonly offset: number;
  readonly items: ConfigNode[];
}

interface ScalarNode {
  readonly kind: 'scalar';
  readonly offset: number;
  readonly value: string | number | boolean | null;
}

export type ConfigNode = ObjectNode | ArrayNode | ScalarNode;

/** Keys and indices from the root. */
export type ConfigPath = readonly (string | number)[];

export interface ConfigDocument {
  readonly file: string;
  readonly root: ConfigNode;
  /** The place of the value at a path, or of its key; the nearest thing around it where the path does not exist. */
  place(path: ConfigPath, target?: 'value' | 'key'): TextPlace;
}

type ParsedDocument =
  | { readonly ok: true; readonly document: ConfigDocument }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Ends the visit: the parser recovers from errors, but what it finds after the first one only misleads. */
class Stop extends Error {}

/** Parses one file. Never throws: whatever is wrong comes back as problems with their places. */
export function parseDocument(file: string, bytes: Uint8Array): ParsedDocument {
  const problem = (place: TextPlace, message: string, fix: string): Problem => ({
    severity: 'error',
    file,
    ...place,
    message,
    fix,
  });
  if (bytes.length > MAX_FILE_BYTES) {
    return failed(
      problem(
        START,
        `The file has ${bytes.length} bytes; ${MAX_FILE_BYTES} are allowed`,
        'Remove what does not belong here',
      ),
    );
  }
  const decoded = decodeText(bytes);
  if (!decoded.ok) return failed(problem(decoded.place, 'Not valid UTF-8', 'Save the file with the encoding UTF-8'));

  const { text } = decoded;
  const placeAt = placesIn(text);
  const problems: Problem[] = [];
  const report = (offset: number, message: string, fix: string): void => {
    problems.push(problem(placeAt(offset), message, fix));
  };
  const root = build(text, report);
  if (root === undefined || problems.length > 0) {
    return { ok: false, problems: problems.length > 0 ? problems : [problem(START, 'The file is empty', EMPTY_FIX)] };
  }
  return { ok: true, document: { file, root, place: (path, target) => placeAt(offsetOf(root, path, target)) } };
}

const START: TextPlace = { line: 1, column: 1 };
const EMPTY_FIX = 'Write a JSON object, or run "agent-mcp-gateway init" for an example';

function failed(...problems: Problem[]): ParsedDocument {
  return { ok: false, problems };
}

type Report = (offset: number, message: string, fix: string) => void;

function build(text: string, report: Report): ConfigNode | undefined {
  const open: (ObjectNode | ArrayNode)[] = [];
  let root: ConfigNode | undefined;
  let key: { name: string; offset: number } | undefined;

  const add = (node: ConfigNode): void => {
    const parent = open.at(-1);
    if (parent === undefined) root ??= node;
    else if (parent.kind === 'array') parent.items.push(node);
    else if (key !== undefined) parent.members.set(key.name, { keyOffset: key.offset, value: node });
  };
  const enter = (node: ObjectNode | ArrayNode): void => {
    add(node);
    open.push(node);
    if (open.length > MAX_FILE_DEPTH) {
      report(node.offset, `Nested more than ${MAX_FILE_DEPTH} levels deep`, 'Remove some levels');
      throw new Stop();
    }
  };

  try {
    visit(
      text,
      {
        onObjectBegin: (offset) => enter({ kind: 'object', offset, members: new Map() }),
        onArrayBegin: (offset) => enter({ kind: 'array', offset, items: [] }),
        onObjectEnd: () => void open.pop(),
        onArrayEnd: () => void open.pop(),
        onObjectProperty: (name, offset) => {
          const parent = open.at(-1);
          if (parent?.kind === 'object' && parent.members.has(name)) {
            report(offset, `Duplicate key ${quote(name)}`, 'Keep one of them: which one counts would be a guess');
          }
          key = { name, offset };
        },
        onLiteralValue: (value: ScalarNode['value'], offset) => add({ kind: 'scalar', offset, value }),
        onError: (code, offset) => {
          const [message, fix] = explain(code);
          report(offset, message, fix);
          throw new Stop();
        },
      },
      { allowTrailingComma: true },
    );
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
  }
  return root;
}

/** The faults and how to mend them, by the parser's names for them. */
function explain(code: ParseErrorCode): readonly [string, string] {
  const name = printParseErrorCode(code);
  return SYNTAX.get(name) ?? ['Not valid JSON', 'Correct the JSON at this place'];
}

const SYNTAX: ReadonlyMap<string, readonly [string, string]> = new Map([
  ['InvalidSymbol', ['This word is not JSON', 'Put text in double quotes, or write true, false, null or a number']],
  ['InvalidNumberFormat', ['Not a number', 'Write a decimal number']],
  ['PropertyNameExpected', ['A key in double quotes is missing here', 'Write the key, or remove the extra comma']],
  ['ValueExpected', ['A value is missing here', 'Write the value, or remove what announces it']],
  ['ColonExpected', ['A colon is missing between key and value', 'Write ":" after the key']],
  ['CommaExpected', ['A comma is missing before this', 'Write "," after the value before']],
  ['CloseBraceExpected', ['An object is not closed', 'Write "}" where it ends']],
  ['CloseBracketExpected', ['A list is not closed', 'Write "]" where it ends']],
  ['EndOfFileExpected', ['Something follows after the end of the JSON value', 'Keep one value and remove the rest']],
  ['InvalidCommentToken', ['A comment is not allowed here', 'Remove it']],
  ['UnexpectedEndOfComment', ['A comment is not closed', 'Write "*/" where it ends']],
  ['UnexpectedEndOfString', ['A text is not closed', 'Write a double quote where it ends']],
  ['UnexpectedEndOfNumber', ['A number is not complete', 'Write its digits']],
  ['InvalidUnicode', ['"\\u" needs four hexadecimal digits', 'Write them']],
  ['InvalidEscapeCharacter', ['Unknown escape in a text', 'Write a backslash as "\\\\"']],
  ['InvalidCharacter', ['Control character in a text', 'Write it as an escape, e.g. "\\n" or "\\t"']],
]);

function offsetOf(root: ConfigNode, path: ConfigPath, target: 'value' | 'key' = 'value'): number {
  let node = root;
  let { offset } = root;
  for (const [at, step] of path.entries()) {
    const last = at === path.length - 1;
    if (node.kind === 'object' && typeof step === 'string') {
      const member = node.members.get(step);
      if (member === undefined) break;
      offset = last && target === 'key' ? member.keyOffset : member.value.offset;
      node = member.value;
    } else if (node.kind === 'array' && typeof step === 'number') {
      const item = node.items[step];
      if (item === undefined) break;
      offset = item.offset;
      node = item;
    } else break;
  }
  return offset;
}

/** The value of a node, with every object as a `Map`: what the schemas check. */
export function toValue(node: ConfigNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'array') return node.items.map(toValue);
  return new Map([...node.members].map(([name, member]) => [name, toValue(member.value)]));
}
