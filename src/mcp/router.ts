/** Chooses the operation of a method, in the view of its connection. */

import type { Operation } from '../operations/operation.ts';
import { completionOperation } from '../operations/server-methods/completion-requests.ts';
import { listOperation } from '../operations/server-methods/lists.ts';
import {
  passThroughOperation,
  promptOperation,
  resourceOperation,
  toolCallOperation,
} from '../operations/server-methods/requests.ts';
import { directoryOperation, skillOperation } from '../operations/server-methods/skill-requests.ts';
import type { View } from '../operations/server-methods/view.ts';
import { mayBeOwnMethod } from '../protocol/own-methods.ts';
import type { Era } from '../protocol/revisions.ts';

/** @returns undefined where the view has no such method; the gateway's own tools, and tasks (task-streams.ts), are not found here. */
export function operationOf(method: string, view: View, era: Era): Operation | undefined {
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
    case 'resources/directory/read':
      return directoryOperation(view);
    case 'skills/list':
      return listOperation(method, 'skills', view);
    case 'skills/get':
      return skillOperation(view);
    case 'completion/complete':
      return completionOperation(view);
    default:
      return view.mode === 'single' && !mayBeOwnMethod(method) ? passThroughOperation(method, view.server) : undefined;
  }
}
