/** The parameters of an operation that callers give: as a plan, and as a property of the input. */

import { isOwnHeader } from '../call/header-names.ts';
import type { ParameterPlace, ParameterPlan, ParameterStyle } from '../call-plan.ts';
import type { ApiDocument, Located } from '../document/api-document.ts';
import { fieldsOf, onlyValue, own, ownText } from '../document/fields.ts';

export interface ReadParameter {
  readonly plan: Omit<ParameterPlan, 'argument'>;
  /** Its schema, and what it is for. */
  readonly schema: Located;
  readonly description: string | undefined;
}

/** Parameters that the entry of the server fills in, by place, in small letters for headers. */
export interface GivenNames {
  readonly query: ReadonlySet<string>;
  readonly cookie: ReadonlySet<string>;
  readonly header: ReadonlySet<string>;
}

const DEFAULT_STYLES: Readonly<Record<ParameterPlace, ParameterStyle>> = {
  path: 'simple',
  query: 'form',
  header: 'simple',
  cookie: 'form',
};
const STYLES: Readonly<Record<ParameterPlace, ReadonlySet<string>>> = {
  path: new Set(['simple', 'label', 'matrix']),
  query: new Set(['form', 'spaceDelimited', 'pipeDelimited', 'deepObject']),
  header: new Set(['simple']),
  cookie: new Set(['form']),
};

/** @returns undefined where callers do not give it */
export function readParameter(document: ApiDocument, at: Located, given: GivenNames): ReadParameter | undefined {
  const fields = fieldsOf(at.value);
  const name = ownText(fields, 'name') ?? '';
  const place = ownText(fields, 'in');
  if (!isPlace(place) || name === '' || !isGivable(name, place, given)) return undefined;
  const wanted = ownText(fields, 'style') ?? '';
  const style = (STYLES[place].has(wanted) ? wanted : DEFAULT_STYLES[place]) as ParameterStyle;
  const explode = own(fields, 'explode');
  const content = Object.entries(fieldsOf(own(fields, 'content')) ?? {})[0];
  const written = content === undefined ? own(fields, 'schema') : own(fieldsOf(content[1]), 'schema');
  const schema = document.inside(at, written ?? {});
  return {
    plan: {
      name,
      place,
      style,
      explode: typeof explode === 'boolean' ? explode : style === 'form' || style === 'deepObject',
      allowReserved: place === 'query' && own(fields, 'allowReserved') === true,
      isJson: content !== undefined && /[/+]json\b/i.test(content[0]),
      isRequired: place === 'path' || own(fields, 'required') === true,
      mayHaveSlashes:
        place === 'path' && (own(fields, 'x-multi-segment') === true || own(fields, 'allowReserved') === true),
      only: onlyValue(fieldsOf(document.follow(schema).value)),
    },
    schema,
    description: ownText(fields, 'description'),
  };
}

function isPlace(text: string | undefined): text is ParameterPlace {
  return text === 'path' || text === 'query' || text === 'header' || text === 'cookie';
}

/** True for what callers may give: neither what the entry fills in, nor the headers of the transfer and of who calls. */
function isGivable(name: string, place: ParameterPlace, given: GivenNames): boolean {
  if (place === 'header') return isOwnHeader(name) && !given.header.has(name.toLowerCase());
  if (place === 'cookie') return !given.cookie.has(name) && !given.header.has('cookie');
  return place !== 'query' || !given.query.has(name);
}
