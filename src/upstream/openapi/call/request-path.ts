/** The path of a request, out of which no argument leads. */
import { parseUrl } from '../../../shared/parse-url.ts';
import type { ParameterPlan } from '../call-plan.ts';
import { ArgumentFault } from './argument-fault.ts';
import { type Argument, isLooseObject, type LooseValue, looseText } from './loose-value.ts';
import type { PathPart } from './path-template.ts';
import { encoded } from './percent-encoding.ts';
import { pathText } from './serialize-parameter.ts';

/** Encodings of encodings that are looked into. */
const MAX_DECODINGS = 8;

/**
 * The path from its parts.
 * @param origin of the server.
 * @param prefix path before it.
 * @param argumentOf the argument of a parameter.
 * @throws ArgumentFault naming the argument that would lead elsewhere
 */
export function requestPath(
  origin: string,
  prefix: string,
  parts: readonly PathPart[],
  parameters: ReadonlyMap<string, ParameterPlan>,
  argumentOf: (plan: ParameterPlan) => Argument | undefined,
): string {
  let path = prefix;
  for (const part of parts) {
    if ('text' in part) {
      path += part.text;
      continue;
    }
    const plan = parameters.get(part.parameter);
    const value = plan && argumentOf(plan);
    if (plan === undefined || value === undefined) throw new ArgumentFault(`has no "${part.parameter}"`);
    path += parameterText(plan, value);
  }
  // What is left to find: values beside each other that are a dot segment together.
  if (path.split('/').some(isDotSegment) || parseUrl(origin + path)?.href !== origin + path) {
    throw new ArgumentFault('would lead to another path than that of the operation');
  }
  return path;
}

function parameterText(plan: ParameterPlan, { json, value }: Argument): string {
  for (const text of textsIn(value)) checkText(plan, text);
  const written = pathText(plan, { json, value });
  if (written === '') throw new ArgumentFault(`"${plan.argument}" must not be empty`);
  return plan.mayHaveSlashes ? written.replaceAll('%2F', '/') : written;
}

function checkText({ argument, mayHaveSlashes }: ParameterPlan, text: string): void {
  if (text === '') throw new ArgumentFault(`"${argument}" must not be empty`);
  const plain = decodedWhole(text);
  if (plain === undefined || /[\p{Cc}]/u.test(plain)) {
    throw new ArgumentFault(`"${argument}" must not have control characters`);
  }
  if (plain.includes('\\') || (plain.includes('/') && !mayHaveSlashes)) {
    throw new ArgumentFault(`"${argument}" must not have slashes: it is one part of a path`);
  }
  const segments = plain.split('/');
  if (segments.some(isDotSegment) || (segments.length > 1 && segments.includes(''))) {
    throw new ArgumentFault(`"${argument}" must not have "." or "..", or nothing, as a part of a path`);
  }
}

/** All texts and names in a value, as they get into a path. */
function textsIn(value: LooseValue): readonly string[] {
  if (Array.isArray(value)) return (value as readonly LooseValue[]).flatMap(textsIn);
  if (!isLooseObject(value)) return [looseText(value)];
  return Object.entries(value).flatMap(([key, member]) => (member === null ? [] : [key, ...textsIn(member)]));
}

/** True for `.` and `..`, in any encoding; some servers ignore what comes after a semicolon. */
function isDotSegment(segment: string): boolean {
  return /^\.{1,2}$/.test((decodedWhole(segment) ?? '..').replace(/;.*$/s, ''));
}

/** A text without encodings, also those of encodings; undefined where there is no end of them. */
function decodedWhole(text: string): string | undefined {
  let plain = text;
  for (let count = 0; count < MAX_DECODINGS; count++) {
    const next = plain.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    if (next === plain) return plain;
    plain = next;
  }
  return undefined;
}

/** The path of a base, encoded so that it stands in a request. */
export function prefixPath(base: string): string {
  const { pathname } = new URL(base);
  return pathname === '/' ? '' : pathname.replace(/[^!-~]/g, encoded);
}
