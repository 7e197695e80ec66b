/** `skills/get` and `resources/directory/read` (ext-skills): a skill of a server, and what is in one of its folders. */

import { clearDefinition } from '../../catalog/definition.ts';
import { definitionChanged } from '../../catalog/lock/decided-definition.ts';
import { readOffer } from '../../catalog/prompts-and-resources.ts';
import type { ResultBody } from '../../protocol/era-codec.ts';
import { readObject } from '../../protocol/json-rpc.ts';
import { joinMembers } from '../../protocol/json-text.ts';
import { findMember } from '../../protocol/members.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { Operation, ToolAnswer, ToolContext } from '../operation.ts';
import { withEdits } from './edit-result.ts';
import { exposeSkill } from './exposed-entries.ts';
import { hidingFailure } from './protocol-failure.ts';
import { aim, forward, found, keepParams, member, requiredString, requireUri } from './requests.ts';
import { requireSkill } from './require-skill.ts';
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
          const answer = await forward(context, target, 'skills/get', params, { require: requireSkill });
          if (answer.kind !== 'result') return answer;
          return { ...answer, body: takenSkill(context, view, found(target), answer.body) };
        },
      };
    },
    wording: wordingOf(view),
    fail: (error) => hidingFailure(error, missing(`No skill is served at ${asked.slice(0, 256)}`)),
  };
}

/**
 * The answer to `skills/get` for this view, its entry taken in.
 * @throws GatewayError DEFINITION_CHANGED where it is not what the owner accepted, SERVER_UNAVAILABLE where it is no entry of this skill
 */
function takenSkill(
  { catalog, snapshot }: ToolContext,
  view: View,
  { server: name, name: uri }: { readonly server: string; readonly name: string },
  body: ResultBody,
): ResultBody {
  const server = snapshot.servers.get(name);
  const place = findMember(readObject(body.text), 'skill');
  const raw = place && clearDefinition(body.text.slice(place.start, place.end));
  const offer = raw === undefined ? undefined : readOffer(raw, 'uri');
  if (server === undefined || place === undefined || offer?.key !== uri) throw noEntry(name, uri);
  if (!catalog.countsAsSkill(server, offer)) throw definitionChanged(name, 'skill', uri);
  catalog.noteSkill(server, offer);
  if (view.mode === 'single') return body;
  const text = exposeSkill(name, offer.raw);
  if (text === undefined) throw noEntry(name, uri);
  return withEdits(body, [{ start: place.start, end: place.end, text }]);
}

function noEntry(server: string, uri: string): GatewayError {
  return new GatewayError(
    'SERVER_UNAVAILABLE',
    `Server "${server}" answered with no valid entry of the skill ${uri.slice(0, 256)}. Its owner has to look at it.`,
  );
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
          // Loaded when a folder is read: few are.
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
