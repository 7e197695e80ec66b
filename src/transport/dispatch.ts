/** Which operation a method is, in the view of its connection. */

import { listOperation } from '../exposure/lists.ts';
import {
  completionOperation,
  passThroughOperation,
  promptOperation,
  resourceOperation,
  toolCallOperation,
} from '../exposure/requests.ts';
import { type TaskCaller, taskOperation } from '../exposure/tasks.ts';
import type { View } from '../exposure/view.ts';
import { foldCase } from '../protocol/fold-case.ts';
import type { Operation } from '../tools/types.ts';

/**
 * What the protocol's own methods begin with. None of them is passed to a server as it is, one that nobody here knows or spells so
 * neither: it belongs to a hop, or names something that the rules decide on, and another reader may take it for one that is known.
 */
const OWN_METHODS =
  /^\s*(?:initialize|ping|server|logging|subscriptions|tools|prompts|resources|completion|tasks|sampling|elicitation|roots|notifications)\s*(?:\/|$)/;

/** @returns undefined where the view has no such method; the gateway's own tools are not found here. */
export function operationOf(method: string, view: View, caller: TaskCaller): Operation | undefined {
  const { era } = caller.client;
  if (method.startsWith('tasks/')) return taskOperation(method, view, caller);
  switch (method) {
    case 'tools/list':
      return listOperation(method, 'tools', view);
    case 'tools/call':
      return toolCallOperation(view, era);
    case 'prompts/list':
      return listOperation(method, 'prompts', view);
    case 'prompts/get':
      return promptOperation(view);
    case 'resources/list':
      return listOperation(method, 'resources', view);
    case 'resources/templates/list':
      return listOperation(method, 'templates', view);
    case 'resources/read':
      return resourceOperation(method, view, era);
    case 'completion/complete':
      return completionOperation(view);
    default:
      return view.mode === 'single' && !OWN_METHODS.test(foldCase(method))
        ? passThroughOperation(method, view.server)
        : undefined;
  }
}
