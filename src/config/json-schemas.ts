/** JSON Schemas of both files, for editors. Nothing else needs them. */
import { z } from 'zod';
import { rulesFile, schemaReference, serverFields } from './file-schemas.ts';
import { openApiFields } from './schema-openapi.ts';
import { overrideFields } from './schema-overrides.ts';
import { loose } from './schema-parts.ts';
import { virtualFields } from './schema-virtual.ts';

const serverEntry = loose({ ...serverFields, ...openApiFields, ...overrideFields, ...virtualFields }).meta({
  // The address of an API may stand beside its document.
  anyOf: [
    { required: ['openapi'] },
    { oneOf: ['command', 'url', 'httpUrl', 'serverUrl', 'virtual'].map((key) => ({ required: [key] })) },
  ],
});

const serverMap = z.map(z.string(), serverEntry);

const serversFile = loose({
  $schema: schemaReference,
  mcpServers: serverMap.meta({ description: 'Server name -> how to reach it.' }).exactOptional(),
  servers: serverMap.meta({ description: 'The same as mcpServers, under the name that VS Code uses.' }).exactOptional(),
}).meta({ title: 'Servers of agent-mcp-gateway', anyOf: [{ required: ['mcpServers'] }, { required: ['servers'] }] });

/** JSON Schema files for editors, by file name. */
export function jsonSchemas(): ReadonlyMap<string, unknown> {
  return new Map([
    ['mcp.schema.json', emit(serversFile)],
    ['rules.schema.json', emit(rulesFile)],
  ]);
}

function emit(schema: z.core.$ZodType): Record<string, unknown> {
  return z.toJSONSchema(schema, {
    // The draft that editors know best.
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const { def } = zodSchema._zod;
      if (def.type !== 'map') return;
      jsonSchema.type = 'object';
      const { keyType, valueType } = def as z.core.$ZodMapDef;
      const { $schema: _key, ...names } = emit(keyType);
      const { $schema: _value, ...values } = emit(valueType);
      jsonSchema.propertyNames = names;
      jsonSchema.additionalProperties = values;
    },
  });
}
