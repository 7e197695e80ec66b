/** `resources/subscribe` and `resources/unsubscribe`, also for the subscriptions of `subscriptions/listen`. */
import type { Reply } from '../downstream/types.ts';
import type { Era } from '../protocol/revisions.ts';
import { deadlineIn } from '../tools/execute-tool.ts';
import type { Operation, Target, ToolAnswer, ToolContext } from '../tools/types.ts';
import { hidingFailure, resourceNotFound } from './failure.ts';
import { locateUri, lookUpUri } from './locate.ts';
import { requiredString } from './requests.ts';
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
}

export function subscribeOperation({ method, view, era, uri, done }: Subscribing): Operation {
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
        ...(target === undefined ? { locate: (context: ToolContext) => lookUpUri(context, asked) } : {}),
        executes: true,
        async run(context, found) {
          const reply = await ask(context, method, found);
          if (reply.ok && found?.name !== undefined) done(asked, found.server, found.name);
          return answerOf(reply);
        },
      };
    },
    wording: wordingOf(view),
    fail: (error) => hidingFailure(error, resourceNotFound(era, asked)),
  };
}

async function ask(context: ToolContext, method: Subscribing['method'], target: Target | undefined): Promise<Reply> {
  const { link } = await context.connect(deadlineIn(context.defaultTimeoutMs), () => undefined);
  const uri = target?.name ?? '';
  return method === 'resources/subscribe' ? link.subscribeResource(uri) : link.unsubscribeResource(uri);
}

function answerOf(reply: Reply): ToolAnswer {
  if (reply.ok) return { kind: 'result', body: { text: '{}', metaAt: -1 } };
  const { code, message, data } = reply;
  return { kind: 'error', code, message, ...(data === undefined ? {} : { data }) };
}
