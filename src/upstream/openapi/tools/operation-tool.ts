/** An operation -> the definition of a tool, and the plan of its calls. */
import type { HttpMethod } from '../../channel/origin-connection.ts';
import { pathParts, splitTemplate } from '../call/path-template.ts';
import type { OperationPlan } from '../call-plan.ts';
import type { ApiDocument, Located } from '../document/api-document.ts';
import type { ApiOperation } from '../document/api-operations.ts';
import { annotationsOf, descriptionOf, titleOf } from './describe-operation.ts';
import { nameArguments } from './operation-names.ts';
import { outputSchemaOf } from './output-schema.ts';
import { isFile, propertiesOf, readBody } from './read-body.ts';
import { type GivenNames, type ReadParameter, readParameter } from './read-parameter.ts';
import { cut } from './schema-keywords.ts';
import { SchemaWriter } from './schema-writer.ts';

export interface OperationTool {
  /** JSON text. */
  readonly definition: string;
  readonly plan: OperationPlan;
}

type Schema = boolean | Readonly<Record<string, unknown>>;

/** Characters of an input schema, roughly. */
const MAX_INPUT = 16_000;
/** Arguments of one tool. */
const MAX_PARAMETERS = 500;

const BASE64 = { type: 'string', contentEncoding: 'base64' } as const;
const FILE = {
  anyOf: [
    BASE64,
    {
      type: 'object',
      properties: { content: BASE64, filename: { type: 'string' } },
      required: ['content'],
      additionalProperties: false,
    },
  ],
} as const;

/** @param prefix path before that of the operation, where it has servers of its own */
export function toolOf(
  document: ApiDocument,
  operation: ApiOperation,
  tool: string,
  prefix: string | undefined,
  given: GivenNames,
): OperationTool {
  const read = parametersOf(document, operation, given);
  const body = operation.body && readBody(document, operation.body);
  const names = nameArguments([
    ...read.map(({ plan }) => plan),
    ...(body === undefined ? [] : [{ place: 'request', name: 'body' }]),
  ]);
  const writer = new SchemaWriter(document, 'input', MAX_INPUT);
  const properties: [string, Schema][] = read.map((parameter, index) => [
    names[index] ?? '',
    withDescription(writer.write(parameter.schema, 1), parameter),
  ]);
  const bodyName = names.at(-1) ?? 'body';
  if (body !== undefined) {
    const schema = bodySchema(document, writer, body.plan.kind, body.schema);
    properties.push([bodyName, withDescription(schema, body)]);
  }
  const required = names.filter((_, index) => (read[index]?.plan ?? body?.plan)?.isRequired === true);
  const definitions = writer.definitions();
  const outputSchema = outputSchemaOf(document, operation);
  const definition = {
    name: tool,
    title: titleOf(operation),
    description: descriptionOf(operation),
    inputSchema: {
      type: 'object',
      properties: Object.fromEntries(properties),
      ...(required.length === 0 ? {} : { required }),
      additionalProperties: false,
      ...(definitions === undefined ? {} : { $defs: definitions }),
    },
    outputSchema,
    annotations: annotationsOf(operation.method),
  };
  const plan: OperationPlan = {
    tool,
    method: operation.method.toUpperCase() as HttpMethod,
    path: operation.path,
    prefix,
    parameters: read.map((parameter, index) => ({ ...parameter.plan, argument: names[index] ?? '' })),
    body: body && { ...body.plan, argument: bodyName },
    hasOutput: outputSchema !== undefined,
  };
  return { definition: JSON.stringify(definition), plan };
}

/** Those of its path are what the path says: some documents forget one, or keep one that is gone. */
function parametersOf(document: ApiDocument, operation: ApiOperation, given: GivenNames): readonly ReadParameter[] {
  const { path, query } = splitTemplate(operation.path);
  const inPath = new Set(pathParts(path).flatMap((part) => ('parameter' in part ? [part.parameter] : [])));
  // What the path says already nobody else may say.
  const said = { ...given, query: new Set([...given.query, ...new URLSearchParams(query).keys()]) };
  const read = operation.parameters
    .slice(0, MAX_PARAMETERS)
    .map((at) => readParameter(document, at, said))
    .filter((parameter) => parameter !== undefined)
    .filter(({ plan }) => plan.place !== 'path' || inPath.has(plan.name));
  for (const { plan } of read) if (plan.place === 'path') inPath.delete(plan.name);
  const forgotten = [...inPath].map((name) =>
    document.inside(document.root, { name, in: 'path', schema: { type: 'string' } }),
  );
  return [...read, ...forgotten.flatMap((at) => readParameter(document, at, given) ?? [])];
}

/** The text beside a schema says more about it than its own. */
function withDescription(schema: Schema, { description }: Pick<ReadParameter, 'description'>): Schema {
  if (description === undefined || description.trim() === '' || schema === false) return schema;
  return { ...(schema === true ? {} : schema), description: cut(description, MAX_TEXT) };
}

/** Characters of what an argument is for. */
const MAX_TEXT = 600;

function bodySchema(
  document: ApiDocument,
  writer: SchemaWriter,
  kind: NonNullable<OperationPlan['body']>['kind'],
  schema: Located | undefined,
): Schema {
  if (kind === 'binary') return { ...BASE64, description: 'Content in base64.' };
  if (schema === undefined) return { type: 'string' };
  const root = document.follow(schema);
  const written = writer.write({ ...root, id: undefined }, 1);
  if (kind !== 'multipart' || typeof written === 'boolean') return written;
  // Files are named by what they are; everything else is as it is declared.
  const files = propertiesOf(document, root).filter(([, at]) => isFile(document, at));
  const properties = files.map(([name, at]): [string, Schema] => {
    const isList = ownType(document, at) === 'array';
    return [name, isList ? { type: 'array', items: FILE } : FILE];
  });
  const declared = (written['properties'] ?? {}) as Readonly<Record<string, Schema>>;
  return { ...written, properties: { ...declared, ...Object.fromEntries(properties) } };
}

function ownType(document: ApiDocument, at: Located): unknown {
  return (document.follow(at).value as { readonly type?: unknown } | undefined)?.type;
}
