/** The entry of a skill (ext-skills, Skill Entries): what it says of itself, and its files with their digests. */

import { skillRoot } from '../policy/skill-uris.ts';
import { readObject } from '../protocol/json-rpc.ts';
import { elements } from '../protocol/json-text.ts';
import { isAmbiguous, namesOf, treeOf } from '../protocol/member-names.ts';
import { findMember, type Member, parsedValue, stringValue } from '../protocol/members.ts';

/** Limits that every host keeps (ext-skills, Limits); beyond them no host need load a skill. */
const MAX_FILES = 512;
const MAX_MIB = 16;

const DIGEST = /^sha256:[0-9a-f]{64}$/;
const FILE_NAMES = namesOf(treeOf('uri digest size'));

interface SkillFile {
  readonly uri: string;
  /** `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

export interface Skill {
  readonly uri: string;
  /** The URI of its folder, without a slash at the end. */
  readonly root: string;
  readonly name: string;
  readonly description: string;
  /** Everything that the entry says of the head of its SKILL.md. */
  readonly frontmatter: Readonly<Record<string, unknown>>;
  /** All of them by URI; undefined where its content is made anew each time. */
  readonly files: ReadonlyMap<string, SkillFile> | undefined;
  /** The places of the URIs of files in the text, in order. */
  readonly filePlaces: readonly UriPlace[];
}

interface UriPlace {
  readonly uri: string;
  /** Offsets of its JSON string in the entry. */
  readonly start: number;
  readonly end: number;
}

const read = new WeakMap<object, Skill | { readonly flaw: string }>();

/** The skill of an entry that is kept, read once; undefined where no host may load it. */
export function skillOf(entry: { readonly raw: string }): Skill | undefined {
  let skill = read.get(entry);
  if (skill === undefined) {
    skill = readSkill(entry.raw);
    read.set(entry, skill);
  }
  return 'flaw' in skill ? undefined : skill;
}

/** @returns a flaw, the end of a sentence, where hosts must not load it, or need not (ext-skills, Resources and Limits). */
export function readSkill(raw: string): Skill | { readonly flaw: string } {
  const root = readObject(raw);
  const uri = stringValue(raw, findMember(root, 'uri')) ?? '';
  const folder = skillRoot(uri);
  if (folder === undefined) return { flaw: 'its uri does not end in /SKILL.md' };
  const frontmatter = (parsedValue(raw, findMember(root, 'frontmatter')) ?? {}) as Record<string, unknown>;
  const { name, description } = frontmatter;
  if (typeof name !== 'string' || typeof description !== 'string') {
    return { flaw: 'its frontmatter has no name or no description' };
  }
  if (folder.slice(folder.lastIndexOf('/') + 1) !== name) return { flaw: 'its folder has another name than it' };
  const skill = { uri, root: folder, name, description, frontmatter };
  const resources = findMember(root, 'resources');
  if (stringValue(raw, resources) === 'dynamic') return { ...skill, files: undefined, filePlaces: [] };
  const found = readFiles(raw, resources, skill);
  if ('flaw' in found) return found;
  return { ...skill, files: found.files, filePlaces: found.places };
}

interface Files {
  readonly files: ReadonlyMap<string, SkillFile>;
  readonly places: readonly UriPlace[];
}

function readFiles(
  raw: string,
  list: Member | undefined,
  { uri, root }: Pick<Skill, 'uri' | 'root'>,
): Files | { readonly flaw: string } {
  if (list === undefined || raw.charAt(list.start) !== '[') return { flaw: 'its resources are no list of files' };
  const written = elements(raw.slice(list.start, list.end), MAX_FILES + 1);
  if (written.length > MAX_FILES) return { flaw: `it has more than ${MAX_FILES} files` };
  const files = new Map<string, SkillFile>();
  const places: UriPlace[] = [];
  let at = list.start;
  let bytes = 0;
  for (const element of written) {
    const start = raw.indexOf(element, at);
    at = start + element.length;
    const file = readFile(element);
    if (file === undefined) return { flaw: 'one of its files has no uri, digest or size' };
    if (file.uri !== uri && !file.uri.startsWith(`${root}/`)) return { flaw: 'one of its files is outside its folder' };
    if (files.has(file.uri)) return { flaw: 'one of its files stands twice in it' };
    files.set(file.uri, file);
    places.push({ uri: file.uri, start: start + file.start, end: start + file.end });
    bytes += file.size;
  }
  if (!files.has(uri)) return { flaw: 'its SKILL.md is not among its files' };
  return bytes > MAX_MIB * 1024 * 1024 ? { flaw: `it is larger than ${MAX_MIB} MiB` } : { files, places };
}

function readFile(text: string): (SkillFile & { readonly start: number; readonly end: number }) | undefined {
  const object = readObject(text);
  if (object === undefined || isAmbiguous(object, FILE_NAMES)) return undefined;
  const place = findMember(object, 'uri');
  const uri = stringValue(text, place);
  const digest = stringValue(text, findMember(object, 'digest'));
  const size = parsedValue(text, findMember(object, 'size'));
  const isWhole = typeof size === 'number' && Number.isSafeInteger(size) && size >= 0;
  if (place === undefined || uri === undefined || digest === undefined || !DIGEST.test(digest) || !isWhole) {
    return undefined;
  }
  return { uri, digest, size, start: place.start, end: place.end };
}
