/** The body of an operation: how it is sent, and its schema. */
import type { BodyPlan, FieldPlan, ParameterStyle } from '../call-plan.ts';
import type { ApiDocument, Located } from '../document/api-document.ts';
import { type ApiFields, fieldsOf, onlyValue, own, ownList, ownText } from '../document/fields.ts';

interface ReadBody {
  readonly plan: BodyPlan;
  /** Undefined for one that is a text. */
  readonly schema: Located | undefined;
  readonly description: string | undefined;
}

type Kind = BodyPlan['kind'];

/** In the order in which one of several is chosen. */
const KINDS: readonly (readonly [Kind, RegExp])[] = [
  ['json', /^application\/(?:json|[\w.+-]+\+json)(?:\s*;|$)|^\*\/\*$/i],
  ['form', /^application\/x-www-form-urlencoded/i],
  ['multipart', /^multipart\/form-data/i],
  ['text', /^text\/|[/+](?:xml|yaml|x-yaml|javascript|sql|graphql)(?:\s*;|$)|ndjson|jsonl/i],
  ['binary', /./],
];
/** A media type that can be a header as it is. */
const MEDIA_TYPE = /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(?:\s*;\s*[\w!#$&^.+-]+="?[\w!#$&^.+ -]*"?)*$/;
const FORM_STYLES: ReadonlySet<unknown> = new Set(['form', 'spaceDelimited', 'pipeDelimited', 'deepObject']);

/** @returns undefined where there is nothing to send */
export function readBody(document: ApiDocument, body: Located): ReadBody | undefined {
  const fields = fieldsOf(body.value);
  const [kind, type, media] = chosenOf(Object.entries(fieldsOf(own(fields, 'content')) ?? {})) ?? [];
  if (kind === undefined || type === undefined) return undefined;
  const at = document.inside(body, media);
  const schema = document.inside(at, own(fieldsOf(media), 'schema') ?? {});
  const isForm = kind === 'form' || kind === 'multipart';
  return {
    plan: {
      kind,
      type: sentType(kind, type),
      isRequired: own(fields, 'required') === true,
      fields: isForm ? fieldsOfForm(document, schema, fieldsOf(own(fieldsOf(media), 'encoding')), kind) : [],
    },
    schema: kind === 'text' || kind === 'binary' ? undefined : schema,
    description: ownText(fields, 'description'),
  };
}

function chosenOf(content: readonly (readonly [string, unknown])[]): readonly [Kind, string, unknown] | undefined {
  for (const [kind, pattern] of KINDS) {
    const found = content.find(([type]) => pattern.test(type));
    if (found !== undefined) return [kind, ...found];
  }
  return undefined;
}

function sentType(kind: Kind, written: string): string {
  if (kind === 'json') return MEDIA_TYPE.test(written) ? written : 'application/json';
  if (kind === 'form') return 'application/x-www-form-urlencoded';
  if (kind === 'multipart') return 'multipart/form-data';
  if (MEDIA_TYPE.test(written)) return written;
  return kind === 'text' ? 'text/plain' : 'application/octet-stream';
}

/** The declared fields, those of all parts of the schema. */
function fieldsOfForm(
  document: ApiDocument,
  schema: Located,
  encoding: ApiFields | undefined,
  kind: Kind,
): readonly FieldPlan[] {
  const plans = new Map<string, FieldPlan>();
  for (const [name, at] of propertiesOf(document, schema)) {
    const terms = fieldsOf(own(encoding, name));
    const style = own(terms, 'style');
    const explode = own(terms, 'explode');
    const type = ownText(terms, 'contentType')?.split(',')[0]?.trim();
    const hasStyle = FORM_STYLES.has(style);
    plans.set(name, {
      name,
      style: hasStyle ? (style as ParameterStyle) : 'form',
      explode: typeof explode === 'boolean' ? explode : true,
      allowReserved: own(terms, 'allowReserved') === true,
      isJson: type !== undefined && /[/+]json\b/i.test(type),
      isStyled: hasStyle || explode !== undefined,
      isFile: kind === 'multipart' && isFile(document, at),
      only: onlyValue(fieldsOf(document.follow(at).value)),
      type: type !== undefined && MEDIA_TYPE.test(type) && !type.includes('*') ? type : undefined,
    });
  }
  return [...plans.values()];
}

/** Parts of schemas inside parts. */
const MAX_DEPTH = 4;

/** The properties of an object, also those of what it is made of. */
export function propertiesOf(document: ApiDocument, schema: Located, depth = 0): [string, Located][] {
  const at = document.follow(schema);
  const fields = fieldsOf(at.value);
  const named = Object.entries(fieldsOf(own(fields, 'properties')) ?? {}).map(([name, value]): [string, Located] => [
    name,
    document.inside(at, value),
  ]);
  if (depth >= MAX_DEPTH) return named;
  const parts = ['allOf', 'anyOf', 'oneOf'].flatMap((key) => ownList(fields, key).slice(0, 50));
  return [...named, ...parts.flatMap((part) => propertiesOf(document, document.inside(at, part), depth + 1))];
}

/** Content of a file: 3.0 says it by format, 3.1 by the absence of a type, or by the type of the content. */
export function isFile(document: ApiDocument, schema: Located): boolean {
  const at = document.follow(schema);
  const fields = fieldsOf(at.value);
  if (own(fields, 'type') === 'array') return isFile(document, document.inside(at, own(fields, 'items')));
  const isText = own(fields, 'type') === 'string' || own(fields, 'type') === undefined;
  const type = ownText(fields, 'contentMediaType');
  const isBinary = type !== undefined && !/^text\/|json/i.test(type) && own(fields, 'contentEncoding') === undefined;
  return isText && (own(fields, 'format') === 'binary' || isBinary);
}
