/** Paths of documents, with `{name}` where parameters go. */

/** One part of a path: as it stands, or the name of a parameter. */
export type PathPart = { readonly text: string } | { readonly parameter: string };

/**
 * The path of an operation, and the query that always goes with it: some documents tell operations of one path apart by a query, or by a fragment, which is never sent.
 */
export function splitTemplate(path: string): { readonly path: string; readonly query: string } {
  const [, before = '', query = ''] = /^([^?#]*)(?:\?([^#]*))?/.exec(path) ?? [];
  return { path: before, query };
}

/** Characters that may stand in a path as they are (RFC 3986, section 3.3), percent signs aside. */
const PLAIN = /[^A-Za-z0-9\-._~!$&'()*+,;=:@/]/gu;

/** The parts of a path: what stands in it is encoded. */
export function pathParts(path: string): readonly PathPart[] {
  return path
    .split(/(\{[^{}]*\})/)
    .filter((part) => part !== '')
    .map((part) =>
      part.startsWith('{') && part.endsWith('}')
        ? { parameter: part.slice(1, -1) }
        : { text: part.replace(PLAIN, (character) => encodeURIComponent(character)) },
    );
}

/** A query as it may stand in a document: names and values that need no encoding. */
const FIXED_QUERY = /^[\w.~!$'()*,;:@/?&=%+-]*$/;

/** True for a path that can be appended to a base, and stays below it. */
export function isPathTemplate(template: string): boolean {
  const { path, query } = splitTemplate(template);
  if (!FIXED_QUERY.test(query)) return false;
  if (!path.startsWith('/') || /[\\\s\p{Cc}\p{Cs}]|%(?:2e|2f|5c)/iu.test(path.replace(/\{[^{}]*\}/g, ''))) return false;
  return path.split('/').every((segment) => segment !== '.' && segment !== '..');
}
