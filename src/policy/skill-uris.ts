/** URIs of skills (ext-skills, Resource Mapping): a skill is named by its SKILL.md, and all files below that folder are its files. */

const FILE = '/SKILL.md';
/** Folders of one URI that are looked at, from the top; of a URI with more nobody knows to which skills it belongs. */
const MAX_FOLDERS = 64;

/** True if a URI has more folders than are looked at. */
export function isTooDeep(uri: string): boolean {
  return segmentsOf(uri).segments.length > MAX_FOLDERS;
}

/** The URIs of the skills to which a file or a folder may belong, itself included: they nest. Pure. */
export function skillsAround(uri: string): readonly string[] {
  const { top, segments } = segmentsOf(uri);
  const looked = segments.slice(0, MAX_FOLDERS);
  return looked.map((_, at) => top + looked.slice(0, at + 1).join('/') + FILE);
}

/** @returns the scheme and what is behind it, one segment more than is looked at at most */
function segmentsOf(uri: string): { readonly top: string; readonly segments: readonly string[] } {
  const top = /^[a-z][a-z\d+.-]*:\/{0,2}/i.exec(uri)?.[0] ?? '';
  return { top, segments: uri.slice(top.length).split('/', MAX_FOLDERS + 1) };
}

/** True if a URI alone says that it is of a skill. A server may have skills under other schemes: of those only SKILL.md says so. */
export function isNamedAsSkill(uri: string): boolean {
  return /^skill:/i.test(uri) || /(?:^|\/)SKILL\.md$/i.test(uri);
}

/** The folder of a skill, without a slash at the end; undefined for a URI that names no SKILL.md. */
export function skillRoot(uri: string): string | undefined {
  return uri.endsWith(FILE) ? uri.slice(0, -FILE.length) : undefined;
}
