/** Members of objects in a text: where they stand, and what their values are. */
import { isLarge } from '../shared/large-text.ts';
import { unescapedInTurns, unescapedStart } from './unescape.ts';

export interface Member {
  /** The key with its escapes decoded. */
  readonly key: string;
  /** Offset of the key's opening quote. */
  readonly keyStart: number;
  /** Offset of the first character of the value. */
  readonly start: number;
  /** Offset after the last character of the value. */
  readonly end: number;
  /** Members of the value, where it is an object that the shape names. */
  readonly object: ScannedObject | undefined;
  readonly isNull: boolean;
}

export interface ScannedObject {
  /** Offset of `{`. */
  readonly start: number;
  /** Offset after `}`. */
  readonly end: number;
  readonly members: readonly Member[];
}

/** The objects to remember: `{ params: { _meta: {} } }` remembers the root, `params` and `params._meta`. */
export interface Shape {
  readonly [key: string]: Shape;
}

/** The shape under a key. Compares instead of looking up: V8 would first put every key that is sent into its table of names. */
export function shapeIn(shape: Shape, key: string): Shape | undefined {
  for (const name in shape) if (name === key) return shape[name];
  return undefined;
}

/** Finds a member that says something: many programs write null where they mean nothing, so null counts as absent. */
export function findMember(object: ScannedObject | undefined, key: string): Member | undefined {
  const member = findMemberOrNull(object, key);
  return member?.isNull === true ? undefined : member;
}

/** The same where null is a value like any other. */
export function findMemberOrNull(object: ScannedObject | undefined, key: string): Member | undefined {
  if (object === undefined) return undefined;
  const { members } = object;
  for (let index = 0; index < members.length; index++) {
    const member = members[index];
    if (member !== undefined && member.key === key) return member;
  }
  return undefined;
}

/** The form in which PHP writes an empty object. */
export function isEmptyArray(text: string, { start, end }: Pick<Member, 'start' | 'end'>): boolean {
  return text.charAt(start) === '[' && text.slice(start + 1, end - 1).trim() === '';
}

/** The value of a member that is a JSON string; undefined for any other type, and where there is no member. */
export function stringValue(text: string, member: Member | undefined): string | undefined {
  if (member === undefined || text.charCodeAt(member.start) !== 0x22) return undefined;
  const raw = text.slice(member.start + 1, member.end - 1);
  return raw.includes('\\') ? (JSON.parse(`"${raw}"`) as string) : raw;
}

/** The same for a string that may be large: others get their turn meanwhile. */
export async function stringValueInTurns(text: string, member: Member | undefined): Promise<string | undefined> {
  if (member === undefined || !isLarge(member.end - member.start)) return stringValue(text, member);
  return text.charCodeAt(member.start) === 0x22
    ? unescapedInTurns(text.slice(member.start + 1, member.end - 1))
    : undefined;
}

/** The first characters of a long string; undefined for any other value. */
export function stringStart(text: string, member: Member | undefined, most: number): string | undefined {
  if (member === undefined || text.charCodeAt(member.start) !== 0x22) return undefined;
  return unescapedStart(text.slice(member.start + 1, member.end - 1), most);
}

/** The JSON text of a member's value; undefined where there is no member. */
export function valueText(text: string, member: Member | undefined): string | undefined {
  return member === undefined ? undefined : text.slice(member.start, member.end);
}

/** The parsed value of a member; for values that a decision needs, never for what is only relayed. */
export function parsedValue(text: string, member: Member | undefined): unknown {
  return member === undefined ? undefined : (JSON.parse(text.slice(member.start, member.end)) as unknown);
}
