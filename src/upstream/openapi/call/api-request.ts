/** A call of an operation -> an HTTP request. */
import type { Buffer } from 'node:buffer';
import { readObject } from '../../../protocol/json-rpc.ts';
import type { HttpMethod } from '../../channel/origin-connection.ts';
import type { OperationPlan, ParameterPlan } from '../call-plan.ts';
import { ArgumentFault } from './argument-fault.ts';
import { formText, fromBase64, multipartBody } from './form-body.ts';
import { type Argument, type LooseValue, looseValue } from './loose-value.ts';
import { checkOnly } from './only-value.ts';
import { type PathPart, pathParts, splitTemplate } from './path-template.ts';
import { encoded } from './percent-encoding.ts';
import { requestPath } from './request-path.ts';
import { headerText, pairsOf } from './serialize-parameter.ts';

export interface ApiRequest {
  readonly method: HttpMethod;
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | undefined;
}

/** The terms of an API that are the same for all its operations. */
export interface ApiTerms {
  readonly origin: string;
  /** Path before all others, without the final slash. */
  readonly prefix: string;
  readonly query: ReadonlyMap<string, string>;
  readonly cookies: ReadonlyMap<string, string>;
}

const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const ACCEPT = 'application/json, */*;q=0.5';

/** The calls of one operation. */
export class OperationCalls {
  readonly #plan: OperationPlan;
  readonly #terms: ApiTerms;
  readonly #parts: readonly PathPart[];
  /** The query of its path, without what the entry gives. */
  readonly #fixedQuery: readonly string[];
  /** The names in it. */
  readonly #fixedNames: readonly string[];
  readonly #inPath: ReadonlyMap<string, ParameterPlan>;
  readonly #known: ReadonlySet<string>;

  constructor(plan: OperationPlan, terms: ApiTerms) {
    this.#plan = plan;
    this.#terms = terms;
    const { path, query } = splitTemplate(plan.path);
    this.#parts = pathParts(path);
    const fixed = query.split('&').filter((pair) => pair !== '' && !terms.query.has(nameIn(pair)));
    this.#fixedQuery = fixed;
    this.#fixedNames = fixed.map(nameIn);
    this.#inPath = new Map(plan.parameters.filter(({ place }) => place === 'path').map((each) => [each.name, each]));
    this.#known = new Set([...plan.parameters.map(({ argument }) => argument), plan.body?.argument ?? '']);
  }

  /** @param args JSON text of an object @throws ArgumentFault */
  request(args: string): ApiRequest {
    const given = membersOf(args);
    this.#check(given);
    const { method, parameters, prefix = this.#terms.prefix } = this.#plan;
    const argumentOf = ({ argument }: ParameterPlan): Argument | undefined => given.get(argument);
    const path = requestPath(this.#terms.origin, prefix, this.#parts, this.#inPath, argumentOf);
    const query = this.#query(given);
    const headers: Record<string, string> = { accept: ACCEPT };
    // Its answer has no body that could be decoded.
    if (method === 'HEAD') headers['accept-encoding'] = 'identity';
    for (const plan of parameters) {
      const value = argumentOf(plan);
      if (plan.place === 'header' && value !== undefined) headers[plan.name.toLowerCase()] = headerOf(plan, value);
    }
    const cookie = this.#cookie(given);
    if (cookie !== '') headers['cookie'] = cookie;
    const { type, body } = this.#body(given);
    if (type !== undefined) headers['content-type'] = type;
    return { method, path: query === '' ? path : `${path}?${query}`, headers, body };
  }

  #check(given: ReadonlyMap<string, Argument>): void {
    const unknown = [...given.keys()].find((name) => !this.#known.has(name));
    if (unknown !== undefined) throw new ArgumentFault(`has no argument ${JSON.stringify(unknown.slice(0, 64))}`);
    const { parameters, body } = this.#plan;
    const needed = [...parameters, ...(body === undefined ? [] : [body])].filter(({ isRequired }) => isRequired);
    const missing = needed.find(({ argument }) => !given.has(argument));
    if (missing !== undefined) throw new ArgumentFault(`needs "${missing.argument}"`);
    for (const plan of parameters) {
      const value = given.get(plan.argument);
      if (value !== undefined) checkOnly(plan, plan.argument, value);
    }
  }

  #query(given: ReadonlyMap<string, Argument>): string {
    const { query } = this.#terms;
    const pairs = [...query].map(([name, value]) => `${encoded(name)}=${encoded(value)}`);
    return [...this.#fixedQuery, ...pairs, ...this.#pairs('query', given, query)].join('&');
  }

  #cookie(given: ReadonlyMap<string, Argument>): string {
    const { cookies } = this.#terms;
    const pairs = [...cookies].map(([name, value]) => `${name}=${value}`);
    return [...pairs, ...this.#pairs('cookie', given, cookies)].join('; ');
  }

  /** An object may be written as parameters of its own: none of them may be one that the entry or the document has. */
  #pairs(
    place: 'query' | 'cookie',
    given: ReadonlyMap<string, Argument>,
    fixed: ReadonlyMap<string, string>,
  ): string[] {
    const plans = this.#plan.parameters.filter((plan) => plan.place === place);
    const own = place === 'query' ? this.#fixedNames : [];
    const names = new Set([...fixed.keys(), ...own, ...plans.map(({ name }) => name)].map(plainName));
    return plans.flatMap((plan) => {
      const value = given.get(plan.argument);
      if (value === undefined) return [];
      const pairs = pairsOf(plan, value);
      const foreign = pairs
        .map((pair) => decodeURIComponent(pair.slice(0, pair.indexOf('='))))
        .find((name) => name !== plan.name && (names.has(plainName(name)) || isInside(name, plan, names)));
      if (foreign === undefined) return pairs;
      throw new ArgumentFault(
        `"${plan.argument}" must not have ${JSON.stringify(foreign)}: it is a parameter of its own`,
      );
    });
  }

  #body(given: ReadonlyMap<string, Argument>): { readonly type?: string; readonly body: string | Buffer | undefined } {
    const { body: plan } = this.#plan;
    const argument = plan && given.get(plan.argument);
    if (plan === undefined || argument === undefined) return { body: undefined };
    const { kind, type } = plan;
    if (kind === 'json') return { type, body: argument.json };
    if (kind === 'binary') return { type, body: fromBase64(argument.value, plan.argument) };
    if (kind === 'text') {
      if (typeof argument.value !== 'string' || !argument.json.startsWith('"'))
        throw new ArgumentFault(`"${plan.argument}" must be a text`);
      return { type, body: argument.value };
    }
    if (!argument.json.startsWith('{')) throw new ArgumentFault(`"${plan.argument}" must be an object`);
    const members = membersOf(argument.json);
    return kind === 'form' ? { type, body: formText(plan, members) } : multipartBody(plan, members);
  }
}

/** The name of a part of a query, decoded. */
function nameIn(pair: string): string {
  return new URLSearchParams(pair).keys().next().value ?? '';
}

/** A name as servers may take it: some read small letters and capitals alike. */
function plainName(name: string): string {
  return name.toLowerCase();
}

/** True if some servers take `name[...]` for a part of another parameter. */
function isInside(name: string, plan: ParameterPlan, names: ReadonlySet<string>): boolean {
  const outer = plainName(name.replace(/\[.*$/s, ''));
  return outer !== plainName(plan.name) && names.has(outer);
}

function headerOf(plan: ParameterPlan, value: Argument): string {
  const text = headerText(plan, value);
  if (HEADER_VALUE.test(text)) return text;
  throw new ArgumentFault(`"${plan.argument}" must be a text of one line that headers can carry`);
}

/** The members of an object, those that are null left out. @throws ArgumentFault where it is none */
function membersOf(json: string): Map<string, Argument> {
  const object = readObject(json);
  if (object === undefined) throw new ArgumentFault('needs an object of arguments');
  const members = new Map<string, Argument>();
  for (const { key, start, end, isNull } of object.members) {
    const text = json.slice(start, end);
    if (!isNull) members.set(key, new GivenArgument(text));
  }
  return members;
}

/** The value is read where it is needed: a body of JSON is sent as it is. */
class GivenArgument implements Argument {
  readonly json: string;
  #value: LooseValue | undefined;

  constructor(json: string) {
    this.json = json;
  }

  get value(): LooseValue {
    this.#value ??= looseValue(this.json);
    return this.#value;
  }
}
