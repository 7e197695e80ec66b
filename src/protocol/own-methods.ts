/** Names of the protocol's own methods, and what a server may take for one. */
import { foldCase } from './fold-case.ts';

const GROUPS =
  /^\s*(?:initialize|ping|server|logging|subscriptions|tools|prompts|resources|skills|completion|tasks|sampling|elicitation|roots|notifications)\s*(?:\/|$)/;

/** Servers find handlers by names such as `tools_call`, or clean methods like paths. */
const BARE: ReadonlySet<string> = new Set(
  [
    'initialize ping server/discover logging/setLevel subscriptions/listen completion/complete roots/list',
    'tools/list tools/call prompts/list prompts/get sampling/createMessage elicitation/create',
    'resources/list resources/read resources/templates/list resources/subscribe resources/unsubscribe',
    'resources/directory/read skills/list skills/get',
    'tasks/get tasks/result tasks/update tasks/cancel tasks/list',
  ].flatMap((names) => names.split(' ').map(bareOf)),
);
/** Names of extensions, which are the same for every reader. */
const PLAIN = /^[\w$.:/-]+$/;
const PATH_LIKE = /(?:^|\/)\.{0,2}\/|\/\.{1,2}$/;

/**
 * True if a method is one of the protocol, known here or not, or may be read as one. None of them is passed to a server as it is: it
 * belongs to a hop, or names something that the rules decide on.
 */
export function mayBeOwnMethod(method: string): boolean {
  const folded = foldCase(method);
  return GROUPS.test(folded) || !PLAIN.test(folded) || PATH_LIKE.test(folded) || BARE.has(bareOf(folded));
}

function bareOf(method: string): string {
  return foldCase(method).replace(/[^a-z\d]+/g, '');
}
