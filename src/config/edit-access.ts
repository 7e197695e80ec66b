/** The access list of an agent in the text of the rules file: pattern by pattern, so that comments stay with what they are about. */
import { findNodeAtLocation, type Node, parseTree } from 'jsonc-parser';
import type { AccessList, AccessMap, Effect, ToolMap } from '../policy/rules-data.ts';
import { editList } from './edit-list.ts';
import { insertMember, removeMember } from './insert-member.ts';
import { layOut, layoutAt } from './lay-out.ts';

const MAPS = ['tools', 'prompts', 'resources', 'skills', 'access'] as const;

/**
 * Makes `allow`, `ask` or `deny` of an agent say what `access` says, and nothing else. What is not there is made, the agent included.
 * @param text of a valid rules file.
 * @returns the new text.
 */
export function editAccess(text: string, agent: string, side: Effect, list: AccessList): string {
  // Expressions become their text.
  const access = JSON.parse(JSON.stringify(list)) as AccessList;
  const path = ['agents', agent];
  const own = nodeAt(text, path);
  if (own !== undefined && isPlain(text, own)) {
    // Nothing is said about any part of it, so it may be written anew, in a form that fits.
    const value = dataOf(own) as Record<string, unknown>;
    if (JSON.stringify(value[side]) === JSON.stringify(access)) return text;
    const made = layOut({ ...value, [side]: access }, layoutAt(text, own.offset));
    return text.slice(0, own.offset) + made + text.slice(own.offset + own.length);
  }
  return editSide(text, [...path, side], access);
}

function editSide(text: string, path: readonly string[], access: AccessList): string {
  const old = nodeAt(text, path);
  if (old === undefined) return insertMember(text, path.slice(0, -1), path.at(-1) ?? '', access);
  if (isPlain(text, old)) {
    if (JSON.stringify(dataOf(old)) === JSON.stringify(access)) return text;
    return text.slice(0, old.offset) + layOut(access, layoutAt(text, old.offset)) + text.slice(old.offset + old.length);
  }
  let edited = editPatterns(text, path, 'servers', access.servers);
  for (const map of MAPS) edited = editMap(edited, path, map, access[map]);
  return edited;
}

/** True if an object stands on one line of several, without a comment. */
function isPlain(text: string, { offset, length, type }: Node): boolean {
  return type === 'object' && !/\n|\/\*/.test(text.slice(offset, offset + length)) && text.trim().includes('\n');
}

/** The value of a node. No prototype: a server may be called `__proto__`. */
function dataOf({ type, children = [], value }: Node): unknown {
  if (type === 'array') return children.map(dataOf);
  if (type !== 'object') return value;
  const object: Record<string, unknown> = Object.create(null);
  for (const { children: [key, member] = [] } of children) if (key && member) object[key.value] = dataOf(member);
  return object;
}

function editMap(text: string, path: readonly string[], name: string, map: ToolMap | AccessMap | undefined): string {
  const keys = keysAt(text, [...path, name]);
  if (map === undefined) return keys === undefined ? text : removeMember(text, path, name);
  if (keys === undefined) return insertMember(text, path, name, map);
  let edited = text;
  for (const key of keys) if (!Object.hasOwn(map, key)) edited = removeMember(edited, [...path, name], key);
  for (const [key, patterns] of Object.entries(map)) edited = editPatterns(edited, [...path, name], key, patterns);
  return edited;
}

function editPatterns(
  text: string,
  path: readonly string[],
  name: string,
  patterns: readonly unknown[] | undefined,
): string {
  const isThere = keysAt(text, path)?.includes(name) === true;
  if (patterns === undefined) return isThere ? removeMember(text, path, name) : text;
  return isThere ? editList(text, [...path, name], patterns) : insertMember(text, path, name, patterns);
}

function nodeAt(text: string, path: readonly string[]): Node | undefined {
  const root = parseTree(text, [], { allowTrailingComma: true });
  return root && findNodeAtLocation(root, [...path]);
}

/** The keys of an object; undefined where there is none. */
function keysAt(text: string, path: readonly string[]): string[] | undefined {
  const object = nodeAt(text, path);
  return object?.type !== 'object'
    ? undefined
    : (object.children ?? []).map(({ children }) => String(children?.[0]?.value));
}
