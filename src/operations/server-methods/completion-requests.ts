/** Requests that complete what somebody types: an argument of a prompt, or a part of the URI of a resource. */
import { readObject } from '../../protocol/json-rpc.ts';
import { joinMembers } from '../../protocol/json-text.ts';
import { findMember, valueText } from '../../protocol/members.ts';
import type { Operation, Target, ToolAnswer, ToolContext } from '../operation.ts';
import { sentArguments } from '../sent-arguments.ts';
import { hidingFailure } from './protocol-failure.ts';
import { aim, forward, found, keepParams, member, requiredString, requireUri } from './requests.ts';
import { requireCompletable } from './require-prompt.ts';
import { locateName, locateUri, lookUpName, lookUpUri } from './resolve-name.ts';
import type { View } from './view.ts';
import { wordingOf } from './wording.ts';

/** `completion/complete`: decided as the prompt or resource that it completes for. */
export function completionOperation(view: View): Operation {
  const nothing: ToolAnswer = {
    kind: 'error',
    code: -32602,
    message: 'There is nothing to complete under this reference.',
  };
  return {
    name: 'completion/complete',
    read(request) {
      const refText = valueText(request.text, findMember(request.params, 'ref')) ?? '{}';
      const refParams = { text: refText, params: readObject(refText) };
      const isPrompt = requiredString(refParams, 'type') === 'ref/prompt';
      const field = isPrompt ? 'name' : 'uri';
      const exposed = requiredString(refParams, field);
      const kept = keepParams(refParams, (key) => key !== field);
      const others = keepParams(request, (key) => key !== 'ref');
      return {
        ...(isPrompt
          ? aim(locateName(view, exposed), (context) => lookUpName(context, 'prompts', exposed))
          : aim(locateUri(view, exposed), (context) => lookUpUri(context, exposed, 'reference'))),
        kind: isPrompt ? 'prompt' : 'resource',
        executes: true,
        asks: { args: `{${joinMembers(others, kept)}}` },
        run: (context, target) =>
          forward(
            context,
            target,
            'completion/complete',
            (name) =>
              joinMembers(
                `"ref":{${joinMembers(kept, member(field, name))}}`,
                isPrompt ? sentContext(context, target, others) : others,
              ),
            isPrompt ? { kind: 'prompt', require: requireCompletable(request) } : { require: requireUri('reference') },
          ),
      };
    },
    wording: wordingOf(view),
    fail: (error) => hidingFailure(error, nothing),
  };
}

/** The members of a request for a completion, whose `context` has arguments of the prompt like a request for it. */
function sentContext({ snapshot, caller }: ToolContext, target: Target | undefined, others: string): string {
  const text = `{${others}}`;
  const given = findMember(readObject(text), 'context');
  if (given === undefined) return others;
  const { server, name } = found(target);
  const entry = snapshot.servers.get(server);
  const sent = sentArguments(entry, 'prompt', name, text.slice(given.start, given.end), caller.principal);
  return text.slice(1, given.start) + sent + text.slice(given.end, -1);
}
