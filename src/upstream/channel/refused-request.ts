/** The meaning of a refusal of a request: an answer to it, the end of its session, or neither (2025-11-25, basic/transports). */
import { parseMessage } from '../../protocol/json-rpc.ts';
import { isModern } from '../../protocol/revisions.ts';
import type { Outgoing } from './channel.ts';

export interface RefusalMeaning {
  /** True where the body is a response that whoever sent the request may get. */
  readonly isResponse: boolean;
  /**
   * `refused`: the server did nothing because it does not know the session. `in-doubt`: that may be so, or the refusal may as well
   * be what came of the work. `kept`: the refusal is about something else.
   */
  readonly session: 'refused' | 'in-doubt' | 'kept';
}

/**
 * @param id of the request.
 * @param text body of the refusal, as far as it was read.
 */
export function interpretRefusal(
  { method, revision }: Pick<Outgoing, 'method' | 'revision'>,
  id: number,
  status: number,
  text: string,
): RefusalMeaning {
  const message = text === '' ? undefined : parseMessage(text, 'server');
  const error = message?.kind === 'response' && message.error !== undefined ? message : undefined;
  const isOwn = error !== undefined && isIdOf(error.id, id);
  // Some servers refuse what they have not read with an error under an id of their own making.
  const isUnread = error !== undefined && !isOwn;
  const isAboutSession = /session|initiali[sz]e/i.test(text);
  // 404 ends a session; servers that lost it in a restart say 400.
  const isLost = !isOwn && (status === 404 || (status === 400 && (!isUnread || error.id === 'null' || isAboutSession)));
  const isSure = isAboutSession || (status === 404 && (text === '' || error !== undefined));
  // A server that refuses a modern request without having read its id does not know the revision.
  const isForeign = isUnread && revision !== undefined && isModern(revision) && method !== 'server/discover';
  return {
    isResponse: error !== undefined && !isForeign,
    session: isLost ? (isSure ? 'refused' : 'in-doubt') : 'kept',
  };
}

/** Compares the text of an id, which may have come back as a string, with that of a request. */
function isIdOf(text: string, id: number): boolean {
  return text === String(id) || text === `"${id}"`;
}
