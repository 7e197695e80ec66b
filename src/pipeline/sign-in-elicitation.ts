/** Asks the caller to open a link: URL elicitation (client/elicitation), in both generations. */

import type { ToolAnswer } from '../operations/operation.ts';
import type { CallingClient } from '../relay/calling-client.ts';
import { MAY_ASK, readInputResponses, writeInputRequired } from '../relay/input-required.ts';
import type { Inbound } from './caller.ts';
import type { SignInLink, SignInPrompts } from './sign-in-prompts.ts';

/** The beginning of the states of these questions. Nothing is trusted in them: the retry is a call like any other. */
export const SIGN_IN_PREFIX = 'amgp-sign-in.';
const KEY = 'sign-in';

/** The answer to an earlier question of ours. */
export interface SignInAnswer {
  /** The offer whose link was opened; undefined where the user did not want to. */
  readonly accepted: string | undefined;
}

/** Takes our own state out of a retry: it is not for the server. @returns undefined for every other call. */
export function takeSignInAnswer(inbound: Inbound): { inbound: Inbound; answer: SignInAnswer } | undefined {
  const { client } = inbound;
  const state = client.retry?.requestState;
  if (state?.startsWith(SIGN_IN_PREFIX) !== true) return undefined;
  const text = readInputResponses(client.retry?.inputResponses).get(KEY);
  const accepted = text !== undefined && isAccepted(text) ? state.slice(SIGN_IN_PREFIX.length) : undefined;
  return { inbound: { ...inbound, client: { ...client, retry: undefined } }, answer: { accepted } };
}

/**
 * @param operation name of what was called
 * @param isTool whether that is one of the gateway's own tools
 * @param answered whether the caller was asked before
 * @returns `again` after somebody signed in; the question, where the caller comes back with its answer; undefined where the
 *   caller cannot be asked, or the user did not want to.
 */
export async function askToSignIn(
  signInPrompts: SignInPrompts,
  offer: SignInLink,
  { client, signal }: Inbound,
  { operation, isTool, answered }: { operation: string; isTool: boolean; answered: boolean },
): Promise<'again' | ToolAnswer | undefined> {
  if (answered || !opensLinks(client)) return undefined;
  const { id, url, text } = offer;
  const common = `"mode":"url","message":${JSON.stringify(text)},"url":${JSON.stringify(url)}`;
  if (client.era === 'modern') {
    if (!isTool && !MAY_ASK.has(operation)) return undefined;
    const asked = writeInputRequired(
      new Map([[KEY, { method: 'elicitation/create', params: common }]]),
      SIGN_IN_PREFIX + id,
    );
    return { kind: 'result', body: { text: asked, metaAt: -1, resultType: 'input_required' } };
  }
  const named = `"elicitationId":${JSON.stringify(id)}`;
  const answer = await client.ask?.('elicitation/create', `${common},${named}`);
  if (answer?.ok !== true || !isAccepted(answer.result) || !(await signInPrompts.settled(id, signal))) return undefined;
  client.tell('notifications/elicitation/complete', named);
  return 'again';
}

/** An empty `elicitation` capability means forms alone. */
function opensLinks({ capabilities }: CallingClient): boolean {
  if (!capabilities.includes('"elicitation"')) return false;
  const { elicitation } = JSON.parse(capabilities) as { elicitation?: { url?: unknown } };
  return elicitation?.url !== undefined;
}

function isAccepted(text: string): boolean {
  try {
    return (JSON.parse(text) as { action?: unknown } | null)?.action === 'accept';
  } catch {
    return false;
  }
}
