/**
 * Paths as file systems and the programs before them read them. One text can be several paths: percent signs may be decoded or not, a
 * backslash is a separator or a letter, Windows drops dots and spaces at the end of a name. A path is below a folder for certain only where
 * it is in every reading; links are not followed, since nobody here sees the file system of the server.
 */
import { foldCase } from '../../protocol/fold-case.ts';
import { hasOneForm, visibleForm, wellFormed } from './text-forms.ts';
import { agreed, type Truth } from './truth.ts';

/** A path in normal form: a drive such as `c:`, or nothing, and names without separators. */
export interface PlainPath {
  readonly drive: string;
  readonly names: readonly string[];
}

/** Times that percent signs are decoded; what then still has some to decode is in doubt. */
const MAX_DECODINGS = 5;
const WINDOWS = /^[A-Za-z]:[\\/]/;
const DRIVE = /^[A-Za-z]:(?=\/)/;
/** Characters that no file system takes, or that cut a path off. */
const CONTROL = /\p{Cc}/u;
/** Characters that a path may have on any system. */
const MAX_PATH = 32_767;
/** Short names of Windows: `PROGRA~1`. */
const SHORT_NAME = /~[0-9]/;

/** A folder of the rules: absolute, without `.` and `..`; undefined for what is none. */
export function parseFolder(text: string): PlainPath | undefined {
  const slashed = text.replaceAll('\\', '/');
  const path = resolve(DRIVE.test(slashed) ? slashed : text);
  return path === 'doubt' || /\/\.{1,2}(?:\/|$)/.test(slashed) ? undefined : path;
}

/** True if a path is one of the folders, or below one. */
export function isUnder(text: string, folders: readonly PlainPath[], ignoreCase: boolean): Truth {
  const readings = readingsOf(text);
  if (readings === undefined) return undefined;
  return agreed(readings, (path) => {
    if (path === 'doubt') return undefined;
    if (folders.some((folder) => contains(folder, path, (name) => name))) return true;
    if (!folders.some((folder) => contains(folder, path, foldCase))) return false;
    return ignoreCase ? true : undefined;
  });
}

function contains(folder: PlainPath, path: PlainPath, form: (name: string) => string): boolean {
  if (folder.drive !== path.drive || folder.names.length > path.names.length) return false;
  return folder.names.every((name, at) => name === path.names[at] || form(name) === form(path.names[at] ?? ''));
}

/** Letters for which there is one reading. */
const PLAIN = /^\/(?:[A-Za-z0-9_/-]|\.(?=[A-Za-z0-9_]))*$/;

/** All that the text can mean; undefined where nobody can tell. */
function readingsOf(text: string): Iterable<PlainPath | 'doubt'> | undefined {
  if (text.length > MAX_PATH) return undefined;
  if (PLAIN.test(text) && !text.startsWith('//')) return [resolve(text)];
  const texts = decodings(hasOneForm(text) ? text : wellFormed(text));
  if (texts === undefined) return undefined;
  for (const one of [...texts]) if (!hasOneForm(one)) texts.add(one.normalize('NFC')).add(visibleForm(one));
  const slashed = Array.from(texts, (one) => one.replaceAll('\\', '/'));
  // If there is a drive, a backslash is nothing but a separator.
  const paths = Array.from(new Set(WINDOWS.test(text) ? slashed : [...texts, ...slashed]), resolve);
  const cut = paths.filter((path) => path !== 'doubt' && path.names.some((name) => ENDING.test(name)));
  return cut.length === 0 ? paths : [...paths, ...cut.map((path) => (path === 'doubt' ? path : withoutEndings(path)))];
}

/** The text, and what is left when its percent signs are decoded, again and again. */
function decodings(text: string): Set<string> | undefined {
  const texts = new Set<string>();
  let form = text;
  for (let round = 0; round <= MAX_DECODINGS; round++) {
    texts.add(form);
    const next = decode(form);
    if (next === undefined) return undefined;
    if (next === form) return texts;
    form = next;
  }
  return undefined;
}

/** @returns undefined where escapes are no UTF-8, such as an overlong `%c0%ae` */
function decode(text: string): string | undefined {
  if (!text.includes('%')) return text;
  const bytes = text.replace(/%(?![0-9A-Fa-f]{2})(?:u([0-9A-Fa-f]{4}))?/g, (_, code: string | undefined) =>
    code === undefined ? '%25' : encodeURIComponent(wellFormed(String.fromCharCode(Number.parseInt(code, 16)))),
  );
  try {
    return decodeURIComponent(bytes);
  } catch {
    return undefined;
  }
}

/** A text as a path with the separator `/`, its dot segments gone. */
function resolve(text: string): PlainPath | 'doubt' {
  const drive = DRIVE.exec(text)?.[0] ?? '';
  const rest = text.slice(drive.length);
  // Relative to what? `//host/share` is another machine, `//?/` and `//./` are devices.
  if (!rest.startsWith('/') || rest.startsWith('//') || CONTROL.test(text)) return 'doubt';
  const names: string[] = [];
  for (const name of rest.split('/')) {
    if (name === '' || name === '.') continue;
    if (name !== '..') {
      // Some take `...` and `.. ` for a dot segment too.
      if (/^[. ]+$/.test(name) || (drive !== '' && SHORT_NAME.test(name))) return 'doubt';
      names.push(name);
    } else if (names.pop() === undefined) {
      return 'doubt';
    }
  }
  return { drive: drive.toLowerCase(), names };
}

/** Characters that some leave out of a name, or take for its end. */
const ENDING = /[:;]|[. ]$/;

/** The same without what Windows leaves out of names, the streams of files, and parameters as in URLs. */
function withoutEndings({ drive, names }: PlainPath): PlainPath | 'doubt' {
  const plain = names.map(withoutEnding);
  return plain.includes('') ? 'doubt' : { drive, names: plain };
}

function withoutEnding(name: string): string {
  const [start = ''] = name.split(/[:;]/, 1);
  let end = start.length;
  while (end > 0 && (start[end - 1] === '.' || start[end - 1] === ' ')) end--;
  return start.slice(0, end);
}
