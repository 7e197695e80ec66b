/** docs/reference/servers-file.md and rules-file.md, from the JSON Schemas. */
import { code, page, table } from './markdown.mjs';

export function serversFilePage(schema) {
  const { servers: _alias, ...properties } = schema.properties;
  const intro = `Every key of the servers file. [Configuration](../configuration.md#the-servers-file) explains the file and which keys of
other clients it understands; an unknown key has no effect and gives a warning. \`servers\`, the name that VS Code uses, means the same as
\`mcpServers\`. [Servers](../servers.md) and [sign-in](../oauth.md) say more about the later keys.`;
  return page('Servers file', intro, sections({ ...schema, properties }));
}

export function rulesFilePage(schema) {
  const intro = `Every key of the rules file. An unknown key anywhere in it is an error. [Rules](../rules.md) says how rules decide,
[identity](../identity.md) who the principals are, [finding tools](../search.md) what \`search\` does.`;
  return page('Rules file', intro, sections(schema));
}

/** One part for each object of the schema; objects that are the same share one. */
function sections(schema) {
  const parts = new Map();
  collect(schema, [], parts);
  return [...parts.values()].map(({ paths, properties, required }) => {
    const rows = Object.entries(properties).map(([key, value]) => [
      required.includes(key) ? `${code(key)} (required)` : code(key),
      typeOf(value),
      mark(value.description ?? ''),
    ]);
    const [first] = paths;
    const title = first.length === 0 ? 'The file' : paths.map((steps) => code(steps.join('.'))).join(', ');
    return `## ${title}\n\n${table(['key', 'type', 'meaning'], rows)}`;
  });
}

function collect(schema, steps, parts) {
  if (schema.properties !== undefined) {
    const key = JSON.stringify(schema.properties);
    const part = parts.get(key);
    if (part === undefined)
      parts.set(key, { paths: [steps], properties: schema.properties, required: schema.required ?? [] });
    else part.paths.push(steps);
    for (const [name, inner] of Object.entries(schema.properties)) collect(inner, [...steps, name], parts);
  }
  if (typeof schema.additionalProperties === 'object') collect(schema.additionalProperties, [...steps, 'NAME'], parts);
  if (schema.items !== undefined) collect(schema.items, [...steps, 'n'], parts);
}

function typeOf(schema) {
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  if (schema.enum !== undefined) return schema.enum.map((value) => code(JSON.stringify(value))).join(', ');
  const types = [schema.type ?? []].flat();
  if (types.length > 1) return types.join(' or ');
  if (types[0] === 'array') return schema.items?.type === 'string' ? 'list of strings' : 'list';
  if (types[0] === 'object' && typeof schema.additionalProperties === 'object') {
    return schema.additionalProperties.type === 'array' ? 'object of lists' : 'object';
  }
  return types[0] ?? 'any';
}

/** What is JSON in a description, or the name of a key, is code. */
function mark(text) {
  return text.replace(/"[^"]+"(?:: (?:"[^"]*"|\w+))?|\b[a-z]+(?:_[a-z]+)+\b/g, (json) => code(json));
}
