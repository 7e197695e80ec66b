import type { Decision } from '../policy/rules-data.ts';
import { GatewayError } from '../shared/errors.ts';

/**
 * The refusal of a call: constant but for the caller's own names, so that denied and non-existent look the same, and so do
 * an explicit and a default deny (docs/rules.md; divergence D14).
 */
export function denial(
  who: { agent: string; server: string; tool: string | undefined },
  decision: Decision,
  explain: boolean,
  seePermitted: string,
  byArguments: boolean,
): GatewayError {
  const what = who.tool === undefined ? `server '${who.server}'` : `tool '${who.tool}' of server '${who.server}'`;
  const argument = decision.pointer === undefined ? '' : `, for the argument ${decision.pointer}`;
  const why = explain ? ` Deciding rule: ${decision.rule}${argument}.` : '';
  if (decision.after !== undefined) {
    const read = decision.after.join(' and ');
    return new GatewayError(
      'DENIED_BY_POLICY',
      `Agent '${who.agent}' may not use ${what} now, because of what it has used before (${read}): together they could leak. Do without it, or tell the user.${why}`,
    );
  }
  const how = byArguments ? ' with these arguments' : '';
  return new GatewayError('DENIED_BY_POLICY', `Agent '${who.agent}' may not use ${what}${how}: ${seePermitted}${why}`);
}
