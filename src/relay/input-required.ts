/** `input_required` results (2026-07-28, basic/patterns/mrtr) read and written as text. */

import { readObject } from '../protocol/json-rpc.ts';
import { isAmbiguous, namesOf, PARAMS_NAMES, shapeOf, treeOf } from '../protocol/member-names.ts';
import { findMember, isEmptyArray, stringValue, valueText } from '../protocol/members.ts';

/** The requests that such a result may answer (2026-07-28, basic/patterns/mrtr, Supported Requests). */
export const MAY_ASK: ReadonlySet<string> = new Set(['tools/call', 'prompts/get', 'resources/read']);

export interface InputRequest {
  readonly method: string;
  /** Inner text of the params. */
  readonly params: string;
}

export interface InputRequired {
  readonly requests: ReadonlyMap<string, InputRequest>;
  /** JSON text of the string, to be sent back as it came. */
  readonly requestState: string | undefined;
}

/** @returns undefined where the text is no such result, or its reader might find another one in it. */
export function readInputRequired(text: string): InputRequired | undefined {
  const root = readObject(text, { inputRequests: {} });
  if (root === undefined || isAmbiguous(root, RESULT)) return undefined;
  const requests = new Map<string, InputRequest>();
  const member = findMember(root, 'inputRequests');
  if (member !== undefined && member.object === undefined) return undefined;
  for (const entry of member?.object?.members ?? []) {
    const request = readRequest(text.slice(entry.start, entry.end));
    if (request === undefined) return undefined;
    requests.set(entry.key, request);
  }
  return { requests, requestState: valueText(text, findMember(root, 'requestState')) };
}

const RESULT = namesOf(treeOf('inputRequests requestState resultType'));
const REQUEST = namesOf(treeOf('method params'));
const REQUEST_SHAPE = { params: shapeOf(PARAMS_NAMES) };

function readRequest(text: string): InputRequest | undefined {
  const root = readObject(text, REQUEST_SHAPE);
  const method = stringValue(text, findMember(root, 'method'));
  if (root === undefined || method === undefined || isAmbiguous(root, REQUEST)) return undefined;
  const params = findMember(root, 'params');
  if (params === undefined || isEmptyArray(text, params)) return { method, params: '' };
  if (params.object === undefined || isAmbiguous(params.object, PARAMS_NAMES)) return undefined;
  return { method, params: text.slice(params.start + 1, params.end - 1).trim() };
}

/** The `input_required` result that asks these, with a state of ours. */
export function writeInputRequired(requests: ReadonlyMap<string, InputRequest>, requestState: string): string {
  const asked = Array.from(
    requests,
    ([key, { method, params }]) => `${JSON.stringify(key)}:{"method":${JSON.stringify(method)},"params":{${params}}}`,
  );
  return `{"inputRequests":{${asked.join(',')}},"requestState":${JSON.stringify(requestState)}}`;
}

/** The members of an `inputResponses` object: the text of each answer. */
export function readInputResponses(text: string | undefined): ReadonlyMap<string, string> {
  const root = text === undefined ? undefined : readObject(text, { inputRequests: {} });
  const answers = root?.members.map(({ key, start, end }) => [key, (text ?? '').slice(start, end)] as const);
  return new Map(answers);
}
