/** The text of one definition of a server, before it is read: what strict readers refuse without need, what two would read as two. */

import { createHash } from 'node:crypto';
import { canonicalJson } from '../protocol/canonical-json.ts';
import { readObject } from '../protocol/json-rpc.ts';
import { elements } from '../protocol/json-text.ts';
import { isAmbiguous, namesOf, shapeOf, treeOf } from '../protocol/member-names.ts';
import { findMember, isEmptyArray } from '../protocol/members.ts';
import { withoutNulls } from '../protocol/nulls.ts';

const OF_DEFINITIONS =
  'name title description icons inputSchema outputSchema execution arguments uri uriTemplate mimeType size resources _meta';
const OF_ANNOTATIONS = 'title readOnlyHint destructiveHint idempotentHint openWorldHint audience priority lastModified';

/** Of tools, prompts, resources, templates and skills: none of these means two things. */
const NAMES = namesOf({
  ...treeOf(OF_DEFINITIONS),
  frontmatter: treeOf('name description'),
  annotations: treeOf(OF_ANNOTATIONS),
});
const SHAPE = shapeOf(NAMES);

/** Members and keywords in which null means nothing; in others, known here or not, it may mean something. */
const MEMBERS = setOf(`${OF_DEFINITIONS} annotations frontmatter`);
const ANNOTATIONS = setOf(OF_ANNOTATIONS);
const ARGUMENT = setOf('name title description required');
const KEYWORDS = setOf(
  'type properties required title description items additionalProperties additionalItems patternProperties propertyNames $schema $id $ref ' +
    '$defs $anchor $comment definitions enum examples format pattern minLength maxLength minimum maximum exclusiveMinimum exclusiveMaximum ' +
    'multipleOf minItems maxItems uniqueItems contains prefixItems minProperties maxProperties anyOf oneOf allOf not if then else ' +
    'dependentSchemas dependentRequired readOnly writeOnly deprecated contentEncoding contentMediaType unevaluatedProperties unevaluatedItems',
);

function setOf(names: string): ReadonlySet<string> {
  return new Set(names.split(' '));
}

/** The text of a member that is null: none where that means nothing. */
function keptNull(known: ReadonlySet<string>, key: string): string {
  return known.has(key) ? '' : 'null';
}

function nullIn(known: ReadonlySet<string>, key: string, value: string): string | undefined {
  return value === 'null' ? keptNull(known, key) : undefined;
}
/** Members that are objects, also in a schema: PHP writes those in which there is nothing as an array. */
const OBJECTS: ReadonlySet<string> = new Set([
  ...['annotations', '_meta', 'execution', 'outputSchema'],
  ...['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'],
]);
const ANY_OBJECT = '{"type":"object"}';

/**
 * A definition whose members are what they seem.
 * @returns undefined where it is no object, or a key stands twice in it or differs from another one only in case: its reader might
 *   be told something else than what is checked here.
 */
export function clearDefinition(raw: string): string | undefined {
  const root = readObject(raw, SHAPE);
  if (root === undefined || isAmbiguous(root, NAMES)) return undefined;
  return hasNothing(raw) ? withoutNulls(raw, root, presentIn) : raw;
}

/** Go writes null for lists and maps that are empty, Python for all that is not set; official clients refuse the whole list then. */
function presentIn(key: string, value: string): string | undefined {
  if (!hasNothing(value)) return undefined;
  if (value === 'null' && key !== 'inputSchema') return keptNull(MEMBERS, key);
  const isEmpty = isEmptyArray(value, { start: 0, end: value.length });
  if (key === 'inputSchema' && (isEmpty || value === 'null')) return ANY_OBJECT;
  if (isEmpty) return OBJECTS.has(key) ? '' : undefined;
  if (key === 'inputSchema' || key === 'outputSchema') return rewritten(value, presentInSchema);
  if (key === 'annotations') return rewritten(value, (name, inner) => nullIn(ANNOTATIONS, name, inner));
  if (key !== 'arguments' || !value.startsWith('[')) return undefined;
  return `[${elements(value)
    .map((argument) => rewritten(argument, (name, inner) => nullIn(ARGUMENT, name, inner)) ?? argument)
    .join(',')}]`;
}

function presentInSchema(key: string, value: string): string | undefined {
  if (value === 'null') return keptNull(KEYWORDS, key);
  return OBJECTS.has(key) && isEmptyArray(value, { start: 0, end: value.length }) ? '' : undefined;
}

/** True if there may be null, or an array in which there is nothing. */
function hasNothing(text: string): boolean {
  return text.includes('null') || EMPTY_ARRAY.test(text);
}

const EMPTY_ARRAY = /\[\s*\]/;

function rewritten(text: string, rewrite?: (key: string, value: string) => string | undefined): string | undefined {
  const object = readObject(text);
  return object === undefined ? undefined : withoutNulls(text, object, rewrite);
}

/** The name of a definition, for a sentence about it. */
export function nameIn(raw: string, key: string): string {
  const member = findMember(readObject(raw), key);
  return member === undefined ? '' : ` ${raw.slice(member.start, member.end).slice(0, 128)}`;
}

/** SHA-256 (hex) of the canonical form of a JSON text: what a definition, or what a server says of itself, is known by. */
export function digestOf(text: string): string {
  return createHash('sha256').update(canonicalJson(text)).digest('hex');
}
