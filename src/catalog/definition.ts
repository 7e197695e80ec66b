/** The text of one definition of a server, before it is read: what strict readers refuse without need, what two would read as two. */
import { elements } from '../protocol/json.ts';
import { readObject } from '../protocol/messages.ts';
import { isAmbiguous, namesOf, shapeOf, treeOf } from '../protocol/names.ts';
import { withoutNulls } from '../protocol/nulls.ts';
import { findMember, type ScannedObject } from '../protocol/scan.ts';

/** Of tools, prompts, resources and templates: none of these means two things. */
const NAMES = namesOf({
  ...treeOf(
    'name title description icons inputSchema outputSchema execution arguments uri uriTemplate mimeType size _meta',
  ),
  annotations: treeOf('title readOnlyHint destructiveHint idempotentHint openWorldHint audience priority lastModified'),
});
const SHAPE = shapeOf(NAMES);

/** Keywords of a schema in which null is a value. */
const NULL_IS_A_VALUE: ReadonlySet<string> = new Set(['default', 'const', 'example']);

/**
 * A definition whose members are what they seem.
 * @returns undefined where it is no object, or a key stands twice in it or differs from another one in case alone: its reader might
 *   be told something else than what is checked here.
 */
export function clearDefinition(raw: string): string | undefined {
  const root = readObject(raw, SHAPE);
  if (root === undefined || isAmbiguous(root, NAMES)) return undefined;
  return raw.includes('null') ? withoutNulls(raw, root, presentIn) : raw;
}

/** Go writes null for lists and maps that are empty, Python for all that is not set; official clients refuse the whole list then. */
function presentIn(key: string, value: string): string | undefined {
  if (!value.includes('null')) return undefined;
  if (key === 'inputSchema' || key === 'outputSchema') return rewritten(value, schemaKeeps);
  if (key === 'annotations') return rewritten(value, () => false);
  if (key !== 'arguments' || !value.startsWith('[')) return undefined;
  return `[${elements(value)
    .map((argument) => rewritten(argument, () => false) ?? argument)
    .join(',')}]`;
}

function schemaKeeps(key: string): boolean {
  return NULL_IS_A_VALUE.has(key);
}

function rewritten(text: string, keepsNull: (key: string) => boolean): string | undefined {
  const object = readObject(text);
  if (object === undefined) return undefined;
  const members = object.members.map((member) => (keepsNull(member.key) ? { ...member, isNull: false } : member));
  const written: ScannedObject = { ...object, members };
  const changed = withoutNulls(text, written);
  return changed === text ? undefined : changed;
}

/** What a definition is called, for a sentence about it. */
export function nameIn(raw: string, key: string): string {
  const member = findMember(readObject(raw), key);
  return member === undefined ? '' : ` ${raw.slice(member.start, member.end).slice(0, 128)}`;
}
