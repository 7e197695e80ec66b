/** Puts arguments into those of a call, and finds those that must not be there, under any name that some program reads as theirs. Pure. */
import { foldCase } from '../../protocol/fold-case.ts';
import { readObject } from '../../protocol/json-rpc.ts';
import type { Member } from '../../protocol/members.ts';

/**
 * The key with which a caller gives an argument that it cannot give; undefined where it does not.
 * @param text JSON text of an object without duplicate keys
 */
export function givenAnyway(text: string, path: readonly string[]): string | undefined {
  const [token = '', ...rest] = path;
  const object = readObject(text);
  // What is no object cannot be looked into: some servers read JSON in strings.
  if (object === undefined) return text;
  // `options.page` and `options[page]` are how some write one argument inside of another.
  const joined = path.map((_, at) => bare(path.slice(0, at + 1).join('/')));
  for (const member of object.members) {
    const key = bare(member.key);
    const isIt = rest.length === 0 && member.key === token;
    const isLike =
      member.key !== token &&
      joined.some((one, at) => one === key && (at === 0 ? isSame(member.key, token) : key !== ''));
    if (isIt || isLike || partsOf(member.key).includes(joined.at(-1) ?? '')) return member.key;
    // What JavaScript puts under this name with `Object.assign` is read as if it stood around it.
    if (member.key === '__proto__' && isInner(text, member)) {
      if (givenAnyway(text.slice(member.start, member.end), path) !== undefined) return member.key;
    }
    if (member.key !== token || member.isNull) continue;
    const inner = givenAnyway(text.slice(member.start, member.end), rest);
    if (inner !== undefined) return isInner(text, member) ? inner : member.key;
  }
  return undefined;
}

/** The arguments with a value at a place. @param isFixed whether it takes the place of what stands there */
export function putInto(text: string, path: readonly string[], value: string, isFixed: boolean): string {
  const [token = '', ...rest] = path;
  const object = readObject(text);
  // An argument of another type is the caller's to explain to the server.
  if (object === undefined) return text;
  const member = object.members.find(({ key }) => key === token || (!isFixed && isSame(key, token)));
  if (member !== undefined && rest.length === 0 && !isFixed) return text;
  const isReplaced = member !== undefined && (rest.length === 0 || (isFixed && !isInner(text, member)));
  const inside = member === undefined || isReplaced ? '{}' : text.slice(member.start, member.end);
  const written = rest.length === 0 ? value : putInto(inside, rest, value, isFixed);
  if (member !== undefined) return text.slice(0, member.start) + written + text.slice(member.end);
  const separator = object.members.length === 0 ? '' : ',';
  const end = object.end - 1;
  return `${text.slice(0, end)}${separator}${JSON.stringify(token)}:${written}${text.slice(end)}`;
}

/** The arguments of which a key that is written as a path gives a part: `repo` of `repo[0]`. */
function partsOf(key: string): string[] {
  return [...key.matchAll(/[.[/]/g)].map(({ index }) => bare(key.slice(0, index))).filter((part) => part !== '');
}

function isInner(text: string, { start }: Member): boolean {
  return text.charAt(start) === '{';
}

/** True for two names that some program takes for one. */
export function isSame(one: string, other: string): boolean {
  return foldCase(one) === foldCase(other) || (bare(one) === bare(other) && bare(one) !== '');
}

/** A name without all that some programs leave out or read as the same: case, signs, accents, other forms of letters. */
function bare(name: string): string {
  return foldCase(name.normalize('NFKD')).replace(/[^\p{L}\p{N}]+/gu, '');
}
