/** Everything that a call of an operation needs, as plain data: it is made in a thread of its own, and handed over. */

import type { HttpMethod } from '../channel/origin-connection.ts';

export type ParameterPlace = 'path' | 'query' | 'header' | 'cookie';

export type ParameterStyle = 'simple' | 'label' | 'matrix' | 'form' | 'spaceDelimited' | 'pipeDelimited' | 'deepObject';

/** The form of a value that is one of several: the terms of a parameter, or of a field of a form. */
export interface Writing {
  /** Name on the wire. */
  readonly name: string;
  readonly style: ParameterStyle;
  readonly explode: boolean;
  /** True if characters that URLs reserve stay as they are, as far as they separate nothing. */
  readonly allowReserved: boolean;
  /** True if the value is written as JSON. */
  readonly isJson: boolean;
  /** The one value that it may have, as a text; undefined where it may have others. Documents tell operations of one path apart by it. */
  readonly only?: string | undefined;
}

export interface ParameterPlan extends Writing {
  /** Name of the argument. */
  readonly argument: string;
  readonly place: ParameterPlace;
  readonly isRequired: boolean;
  /** True for a part of a path that the document says goes over several segments. */
  readonly mayHaveSlashes: boolean;
}

/** One field of a form. Those that are not listed are written as text, or as JSON where they are no text. */
export interface FieldPlan extends Writing {
  /** True if the document says how lists and objects are written; an object is JSON otherwise. */
  readonly isStyled: boolean;
  /** True if its value is the content of a file, in base64. */
  readonly isFile: boolean;
  /** Media type of its part; undefined where that follows from the value. */
  readonly type: string | undefined;
}

export interface BodyPlan {
  readonly kind: 'json' | 'form' | 'multipart' | 'text' | 'binary';
  /** Media type. */
  readonly type: string;
  readonly isRequired: boolean;
  readonly fields: readonly FieldPlan[];
}

export interface OperationPlan {
  /** Name of the tool. */
  readonly tool: string;
  readonly method: HttpMethod;
  /** Path with `{name}` where its parameters go, from the base on. */
  readonly path: string;
  /** Path before that, where the operation has another one than the rest of the API. */
  readonly prefix: string | undefined;
  readonly parameters: readonly ParameterPlan[];
  /** Name of the argument that is the body, with how it is sent; undefined where it has none. */
  readonly body: (BodyPlan & { readonly argument: string }) | undefined;
  /** True if the tool has an output schema: then what answers with something else than JSON has failed. */
  readonly hasOutput: boolean;
}

/** Something to know about a document that can be used. */
export interface ApiNote {
  /** A sentence without its full stop. */
  readonly message: string;
  readonly fix: string;
  /** The field of the `openapi` entry that it is about. */
  readonly at: readonly (string | number)[];
}

/** An API as a server. */
export interface CompiledApi {
  readonly title: string;
  readonly version: string;
  readonly description: string | undefined;
  /** Address before all paths, without the final slash. */
  readonly base: string;
  /** Definitions of tools, JSON text each. */
  readonly tools: readonly string[];
  readonly plans: readonly OperationPlan[];
  readonly notes: readonly ApiNote[];
}
