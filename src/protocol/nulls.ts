/** Null where nothing was meant: programs write it for members that are not there, and readers that are strict refuse it. */

import { joinMembers } from './json-text.ts';
import type { ScannedObject } from './members.ts';

/** A value without the members that are null, at any depth. */
export function dropNulls(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const present = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(present.map(([key, member]) => [key, dropNulls(member)]));
}

/**
 * The text of an object without the members that are null; the text itself where there is nothing to change.
 * @param object where the members stand in it.
 * @param rewrite another text of a member, `''` to leave it out; undefined for what it is, which for null is to leave it out.
 */
export function withoutNulls(
  text: string,
  object: ScannedObject,
  rewrite: (key: string, value: string) => string | undefined = () => undefined,
): string {
  let isWhole = true;
  const kept = object.members.map(({ key, keyStart, start, end, isNull }) => {
    const written = rewrite(key, text.slice(start, end)) ?? (isNull ? '' : undefined);
    if (written === undefined) return text.slice(keyStart, end);
    isWhole = false;
    return written === '' ? '' : text.slice(keyStart, start) + written;
  });
  return isWhole ? text : `{${joinMembers(...kept)}}`;
}
