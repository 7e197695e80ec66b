/** Questions that a server may ask of the caller whose call it works on: those that it declared, and nothing else. */

import { randomUUID } from 'node:crypto';
import { APPS, TASKS } from '../protocol/extensions.ts';
import { readObject } from '../protocol/json-rpc.ts';
import { joinMembers } from '../protocol/json-text.ts';
import { findMember, stringValue } from '../protocol/members.ts';
import type { ClientAnswer } from '../upstream/contract.ts';
import type { CallingClient } from './calling-client.ts';

/** The capability that each question needs (2025-11-25 and 2026-07-28, client). */
const NEEDED: ReadonlyMap<string, string> = new Map([
  ['elicitation/create', 'elicitation'],
  ['roots/list', 'roots'],
  ['sampling/createMessage', 'sampling'],
  // Of tasks that the client runs (2025-11-25, basic/utilities/tasks).
  ['tasks/get', 'tasks'],
  ['tasks/result', 'tasks'],
  ['tasks/list', 'tasks'],
  ['tasks/cancel', 'tasks'],
]);

/** The reason why a caller is not asked something. */
interface Unasked {
  readonly ok: false;
  readonly code: number;
  readonly message: string;
}

/**
 * @param params inner text of the params.
 * @returns why the caller must not be asked; undefined where it declared that it answers this.
 */
export function refusalOf(
  { capabilities }: Pick<CallingClient, 'capabilities'>,
  method: string,
  params: string,
): Unasked | undefined {
  const needed = NEEDED.get(method);
  const declared = JSON.parse(capabilities) as Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>;
  if (needed === undefined && isExtended(declared)) return undefined;
  const capability = needed === undefined ? undefined : declared[needed];
  if (capability === undefined) {
    return { ok: false, code: -32601, message: `The client does not offer ${method.slice(0, 100)}.` };
  }
  if (method !== 'elicitation/create') return undefined;
  const mode = modeOf(params);
  // An empty object means forms (2025-11-25 and 2026-07-28, client/elicitation, Capabilities).
  const isOffered = Object.hasOwn(capability, mode) || (mode === 'form' && Object.keys(capability).length === 0);
  if (isOffered) return undefined;
  return {
    ok: false,
    code: -32602,
    message: `The client does not offer elicitation/create in ${mode.slice(0, 100)} mode.`,
  };
}

/** True if the client declared what nobody here knows: any question may be part of that. Only one server is offered it. */
function isExtended({ experimental, extensions = {} }: Readonly<Record<string, object | undefined>>): boolean {
  return experimental !== undefined || Object.keys(extensions).some((id) => id !== APPS && id !== TASKS);
}

/** The params of a question of 2026-07-28 for a caller of 2025-11-25, where an elicitation by URL needs an id. */
export function paramsForLegacy(method: string, params: string): string {
  if (method !== 'elicitation/create' || modeOf(params) !== 'url') return params;
  const hasId = findMember(readObject(`{${params}}`), 'elicitationId') !== undefined;
  return hasId ? params : joinMembers(params, `"elicitationId":"${randomUUID()}"`);
}

/** The answer to a question whose call is over. */
export const CALL_OVER: ClientAnswer = { ok: false, code: -32603, message: 'The call was cancelled.' };

/** The answer to a question that came to somebody else than the caller whose task it is about. */
export const NOT_ITS_TASK: ClientAnswer = {
  ok: false,
  code: -32601,
  message: 'The client of this call has no such task.',
};

function modeOf(params: string): string {
  const text = `{${params}}`;
  const member = findMember(readObject(text), 'mode');
  // A mode that is no string is none.
  return member === undefined ? 'form' : (stringValue(text, member) ?? text.slice(member.start, member.end));
}
