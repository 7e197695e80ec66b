/** `skills/get` and `resources/directory/read` (ext-skills): a skill of a server, and what is in one of its folders. Few ask: what reads the answers is loaded then. */

import { joinMembers } from '../../protocol/json-text.ts';
import type { Operation, ToolAnswer } from '../operation.ts';
import { hidingFailure } from './protocol-failure.ts';
import { aim, forward, found, keepParams, member, requiredString, requireUri } from './requests.ts';
import { locateUri, lookUpUri } from './resolve-name.ts';
import type { View } from './view.ts';
import { wordingOf } from './wording.ts';

export function skillOperation(view: View): Operation {
  let asked = '';
  return {
    name: 'skills/get',
    read(request) {
      asked = requiredString(request, 'uri');
      const others = keepParams(request, (key) => key !== 'uri');
      return {
        ...aim(locateUri(view, asked), (context) => lookUpUri(context, asked, 'skill')),
        kind: 'skill',
        executes: true,
        asks: { args: `{${others}}` },
        async run(context, target) {
          const params = (uri: string): string => joinMembers(member('uri', uri), others);
          const [{ requireSkill: require }, { takenSkill }] = await Promise.all([
            import('./require-skill.ts'),
            import('./skill-answer.ts'),
          ]);
          const answer = await forward(context, target, 'skills/get', params, { require });
          if (answer.kind !== 'result') return answer;
          return { ...answer, body: await takenSkill(context, view, found(target), answer.body) };
        },
      };
    },
    wording: wordingOf(view),
    fail: (error) => hidingFailure(error, missing(`No skill is served at ${asked.slice(0, 256)}`)),
  };
}

export function directoryOperation(view: View): Operation {
  let asked = '';
  return {
    name: 'resources/directory/read',
    read(request) {
      asked = requiredString(request, 'uri');
      const others = keepParams(request, (key) => key !== 'uri');
      return {
        ...aim(locateUri(view, asked), (context) => lookUpUri(context, asked, 'directory')),
        kind: 'resource',
        executes: true,
        asks: { args: `{${others}}` },
        async run(context, target) {
          const { server, name } = found(target);
          const { folderOf, readFolder } = await import('./folder-entries.ts');
          const answer = await forward(
            context,
            target,
            'resources/directory/read',
            (uri) => joinMembers(member('uri', uri), others),
            { require: requireUri('directory'), instead: (link) => folderOf(context, server, name, link) },
          );
          if (answer.kind !== 'result') return answer;
          return { ...answer, body: readFolder(context, view, server, answer.body) };
        },
      };
    },
    wording: wordingOf(view),
    fail: (error) => hidingFailure(error, missing(`${asked.slice(0, 256)} is no directory resource`)),
  };
}

function missing(message: string): ToolAnswer {
  return { kind: 'error', code: -32602, message };
}
