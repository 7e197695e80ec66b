import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { jsonSchemas } from './json-schemas.ts';
import { formatJson } from './schema-text.ts';

test.each([...jsonSchemas()])('schemas/%s is current (npm run schemas writes it)', (name, schema) => {
  expect(readFileSync(new URL(`../../schemas/${name}`, import.meta.url), 'utf8')).toBe(formatJson(schema));
});

test('editors refuse what the gateway refuses: unknown keys in rules, but not in entries of servers', () => {
  const rules = JSON.stringify(jsonSchemas().get('rules.schema.json'));
  expect(rules).toContain('"additionalProperties":false');
  expect(rules).toContain('"propertyNames":{"type":"string","pattern":"^[A-Za-z0-9_.-]+$"}');
  const servers = JSON.stringify(jsonSchemas().get('mcp.schema.json'));
  const { properties } = JSON.parse(servers) as { properties: { mcpServers: { additionalProperties: unknown } } };
  expect(properties.mcpServers.additionalProperties).toMatchObject({ additionalProperties: {} });
  expect(servers).toContain('"oneOf":[{"required":["command"]},{"required":["url"]}');
});
