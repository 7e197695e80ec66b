/** URIs of skills (ext-skills, Resource Mapping): a skill is named by its SKILL.md, and all files below that folder are its files. */

const FILE = '/SKILL.md';
/** Folders of one URI that are looked at, from the top. */
const MAX_FOLDERS = 64;

/** The URIs of the skills to which a file or a folder may belong, itself included: they nest. Pure. */
export function skillsAround(uri: string): readonly string[] {
  const top = /^[a-z][a-z\d+.-]*:\/{0,2}/i.exec(uri)?.[0] ?? '';
  const segments = uri.slice(top.length).split('/').slice(0, MAX_FOLDERS);
  return segments.map((_, at) => top + segments.slice(0, at + 1).join('/') + FILE);
}

/** True if a URI alone says that it is of a skill. A server may have skills under other schemes: of those only SKILL.md says so. */
export function isNamedAsSkill(uri: string): boolean {
  return /^skill:/i.test(uri) || /(?:^|\/)SKILL\.md$/i.test(uri);
}

/** The folder of a skill, without a slash at the end; undefined for a URI that names no SKILL.md. */
export function skillRoot(uri: string): string | undefined {
  return uri.endsWith(FILE) ? uri.slice(0, -FILE.length) : undefined;
}
