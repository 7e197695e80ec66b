/** A part of a specification: some operations, and what their requests refer to. A mock of the whole would take minutes to start. */

/** What is mocked of the answers: here requests are looked at. */
const ANSWERS = { 200: { description: 'Done' } };

/**
 * @param {object} document an OpenAPI document
 * @param {{method: string, path: string}[]} operations
 */
export function excerptOf(document, operations) {
  const paths = {};
  for (const { method, path } of operations) {
    const { parameters, [method]: operation } = document.paths[path];
    paths[path] = { ...paths[path], ...(parameters && { parameters }), [method]: { ...operation, responses: ANSWERS } };
  }
  const components = { securitySchemes: document.components?.securitySchemes };
  keepReferenced(paths, document, components, new Set());
  const { openapi, info, servers, security } = document;
  return { openapi, info, servers, security, paths, components };
}

function keepReferenced(value, document, components, seen) {
  if (typeof value !== 'object' || value === null) return;
  const reference = value.$ref;
  if (typeof reference === 'string' && reference.startsWith('#/')) {
    const parts = reference.slice(2).split('/').map(unescaped);
    const found = parts.reduce((at, part) => at?.[part], document);
    const [first, kind, name] = parts;
    if (first !== 'components') {
      // What stands elsewhere in the document is put in its place.
      delete value.$ref;
      Object.assign(value, structuredClone(found));
    } else if (!seen.has(reference)) {
      seen.add(reference);
      const whole = document.components[kind]?.[name];
      components[kind] = { ...components[kind], [name]: whole };
      keepReferenced(whole, document, components, seen);
    }
  }
  for (const inner of Object.values(value)) keepReferenced(inner, document, components, seen);
}

function unescaped(part) {
  return decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
}
