/** Bodies of forms. */
import { randomBytes } from 'node:crypto';
import type { BodyPlan, FieldPlan } from '../call-plan.ts';
import { ArgumentFault } from './argument-fault.ts';
import { type Argument, isLooseObject, type LooseValue, looseText } from './loose-value.ts';
import { checkOnly } from './only-value.ts';
import { pairsOf } from './serialize-parameter.ts';

/** A field with its value, and how that is written. */
interface GivenField {
  readonly plan: FieldPlan;
  readonly argument: Argument;
}

const BASE64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

/** @param members the members of the body, as they were written */
export function formText({ fields }: BodyPlan, members: ReadonlyMap<string, Argument>): string {
  return fieldsIn(fields, members)
    .flatMap(({ plan, argument }) => {
      const isJson = plan.isJson || (!plan.isStyled && isLooseObject(argument.value));
      return pairsOf({ ...plan, isJson }, argument);
    })
    .map((pair) => pair.replaceAll('%20', '+'))
    .join('&');
}

/** A body of multipart/form-data (RFC 7578) and its media type. */
export function multipartBody(
  { fields }: BodyPlan,
  members: ReadonlyMap<string, Argument>,
): { readonly type: string; readonly body: Buffer } {
  const boundary = `form-${randomBytes(18).toString('hex')}`;
  const pieces: Buffer[] = [];
  for (const { plan, argument } of fieldsIn(fields, members)) {
    const values =
      Array.isArray(argument.value) && !plan.isJson ? (argument.value as readonly LooseValue[]) : [argument.value];
    for (const value of values) {
      const part = plan.isFile ? filePart(plan, value) : textPart(plan, value, argument);
      const name = `form-data; name="${quotedName(plan.name)}"`;
      const file = part.filename === undefined ? '' : `; filename="${quotedName(part.filename)}"`;
      const type = part.type === undefined ? '' : `content-type: ${part.type}\r\n`;
      pieces.push(Buffer.from(`--${boundary}\r\ncontent-disposition: ${name}${file}\r\n${type}\r\n`));
      pieces.push(part.content, Buffer.from('\r\n'));
    }
  }
  pieces.push(Buffer.from(`--${boundary}--\r\n`));
  return { type: `multipart/form-data; boundary=${boundary}`, body: Buffer.concat(pieces) };
}

interface Part {
  readonly content: Buffer;
  readonly type: string | undefined;
  readonly filename?: string;
}

function textPart({ type, isJson }: FieldPlan, value: LooseValue, { json }: Argument): Part {
  if (isJson || isLooseObject(value))
    return { content: Buffer.from(isJson ? json : jsonOf(value, json)), type: type ?? 'application/json' };
  return { content: Buffer.from(looseText(value)), type };
}

/** The text of an object as it was given, where it is the whole argument. */
function jsonOf(value: LooseValue, json: string): string {
  return json.startsWith('{') ? json : JSON.stringify(value);
}

function filePart({ name, type = 'application/octet-stream' }: FieldPlan, value: LooseValue): Part {
  const { content, filename } = isLooseObject(value) ? value : { content: value, filename: name };
  return { content: fromBase64(content, name), type, filename: typeof filename === 'string' ? filename : name };
}

/** @throws ArgumentFault */
export function fromBase64(value: LooseValue | undefined, argument: string): Buffer {
  const text = typeof value === 'string' ? value.replace(/\s+/g, '') : undefined;
  if (text === undefined || !BASE64.test(text)) throw new ArgumentFault(`"${argument}" must be content in base64`);
  return Buffer.from(text, 'base64');
}

/** As browsers do it (HTML, multipart/form-data encoding algorithm): neither quotes nor line breaks end a name. */
function quotedName(name: string): string {
  return name.replace(/["\r\n]/g, (character) => encodeURIComponent(character));
}

/** The fields of a body, declared or not; those that are null are left out. */
function fieldsIn(plans: readonly FieldPlan[], members: ReadonlyMap<string, Argument>): readonly GivenField[] {
  const known = new Map(plans.map((plan) => [plan.name, plan]));
  return [...members]
    .filter(([, { value }]) => value !== null)
    .map(([name, argument]) => {
      const plan = known.get(name) ?? usual(name);
      checkOnly(plan, name, argument);
      return { plan, argument };
    });
}

/** A field that nothing is said of: lists are equal names, objects are JSON. */
function usual(name: string): FieldPlan {
  return {
    name,
    style: 'form',
    explode: true,
    allowReserved: false,
    isJson: false,
    isFile: false,
    isStyled: false,
    type: undefined,
  };
}
