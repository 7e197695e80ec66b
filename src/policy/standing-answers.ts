/** Permanent answers of people: calls that `ask` would ask about, and does not any more. They allow nothing by themselves. */
import { createHash } from 'node:crypto';
import { compact } from '../protocol/json-text.ts';
import { type CallFacts, type Decision, decisionOf, type StandingAnswer } from './rules-data.ts';

export interface StandingAnswers {
  /** The decision for a tool of a server, by its exact names; undefined where nobody has answered. */
  find(server: string, tool: string, facts: CallFacts): Decision | undefined;
}

const NONE: StandingAnswers = { find: () => undefined };

/** @param path of the answers in the rules */
export function compileAnswers(
  answers: Readonly<Record<string, readonly StandingAnswer[]>> | undefined,
  pathOf: (server: string) => string,
): StandingAnswers {
  if (answers === undefined) return NONE;
  /** By server and tool: for which arguments, undefined for any. */
  const known = new Map<string, { readonly sha256: string | undefined; readonly decision: Decision }[]>();
  for (const [server, entries] of Object.entries(answers)) {
    for (const [index, entry] of entries.entries()) {
      const tool = typeof entry === 'string' ? entry : entry.tool;
      const sha256 = typeof entry === 'string' ? undefined : entry.arguments_sha256;
      const key = JSON.stringify([server, tool]);
      const decision = decisionOf('allow', `${pathOf(server)}[${index}]`);
      known.set(key, [...(known.get(key) ?? []), { sha256, decision }]);
    }
  }
  return {
    find(server, tool, { args }) {
      const found = known.get(JSON.stringify([server, tool]));
      if (found === undefined) return undefined;
      // Of arguments that nobody knows, nobody has approved any.
      const digest = args === undefined || args === 'any' ? undefined : argumentsDigest(args.text);
      return found.find(({ sha256 }) => sha256 === undefined || sha256 === digest)?.decision;
    },
  };
}

/** The digest of arguments: of the text that is forwarded, white space between tokens aside. */
export function argumentsDigest(json: string): string {
  return createHash('sha256').update(compact(json)).digest('hex');
}
