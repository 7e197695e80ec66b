/** `resources/subscribe` and `resources/unsubscribe`, also for the subscriptions of `subscriptions/listen`. */

import type { Era } from '../../protocol/revisions.ts';
import type { Reply } from '../../upstream/contract.ts';
import { deadlineIn } from '../call-server-tool.ts';
import type { Operation, Target, ToolAnswer, ToolContext } from '../operation.ts';
import { hidingFailure, resourceNotFound } from './protocol-failure.ts';
import { requiredString } from './requests.ts';
import { requireResource } from './require-resource.ts';
import { locateUri, lookUpUri } from './resolve-name.ts';
import type { View } from './view.ts';
import { wordingOf } from './wording.ts';

export interface Subscribing {
  readonly method: 'resources/subscribe' | 'resources/unsubscribe';
  readonly view: View;
  readonly era: Era;
  /** The URI; where it is left out, `params.uri` of the request. */
  readonly uri?: string;
  /** Told whose resource it was, once the server agreed. */
  readonly done: (asked: string, server: string, uri: string) => void;
  /**
   * Gives up what the caller holds under this URI, before the server is asked. False where it holds nothing: then the server
   * is not asked, since others may.
   */
  readonly release?: (asked: string) => boolean;
}

export function subscribeOperation({ method, view, era, uri, done, release }: Subscribing): Operation {
  let asked = uri ?? '';
  return {
    name: method,
    read(request) {
      asked = uri ?? requiredString(request, 'uri');
      const target = locateUri(view, asked);
      return {
        claimedAgent: undefined,
        server: target?.server,
        tool: target?.name,
        kind: 'resource',
        ...(target === undefined ? { locate: (context: ToolContext) => lookUpUri(context, asked, 'resource') } : {}),
        executes: true,
        async run(context, found) {
          const isHeld = release?.(asked);
          const reply = await ask(context, method, found, isHeld);
          if (reply === undefined) return DONE;
          if (reply.ok && found?.name !== undefined) done(asked, found.server, found.name);
          return answerOf(reply);
        },
      };
    },
    wording: wordingOf(view),
    fail: (error) => hidingFailure(error, resourceNotFound(era, asked)),
  };
}

const DONE: ToolAnswer = { kind: 'result', body: { text: '{}', metaAt: -1 } };

/** @param isHeld of what is given up: whether it is the caller's. @returns undefined where there is nothing to ask the server */
async function ask(
  context: ToolContext,
  method: Subscribing['method'],
  target: Target | undefined,
  isHeld: boolean | undefined,
): Promise<Reply | undefined> {
  const uri = target?.name ?? '';
  const deadline = deadlineIn(context.defaultTimeoutMs);
  const { link } = await context.connect(deadline, (server) =>
    isHeld ? undefined : requireResource(context, server, uri, 'resource', deadline.leftMs()),
  );
  if (isHeld === false) return undefined;
  return method === 'resources/subscribe' ? link.subscribeResource(uri) : link.unsubscribeResource(uri);
}

function answerOf(reply: Reply): ToolAnswer {
  if (reply.ok) return DONE;
  const { code, message, data } = reply;
  return { kind: 'error', code, message, ...(data === undefined ? {} : { data }) };
}
