/** The answer of a server to `skills/get`: it must be the entry of the skill that was asked for, and one that counts. */

import { clearDefinition } from '../../catalog/definition.ts';
import { definitionChanged } from '../../catalog/lock/decided-definition.ts';
import { readOffer } from '../../catalog/prompts-and-resources.ts';
import type { ResultBody } from '../../protocol/era-codec.ts';
import { readObject } from '../../protocol/json-rpc.ts';
import { findMember } from '../../protocol/members.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { ToolContext } from '../operation.ts';
import { withEdits } from './edit-result.ts';
import { exposeSkill } from './exposed-entries.ts';
import type { View } from './view.ts';

/**
 * The answer to `skills/get` for this view, its entry taken in.
 * @throws GatewayError DEFINITION_CHANGED where it is not what the owner accepted, SERVER_UNAVAILABLE where it is no entry of this skill
 */
export async function takenSkill(
  { catalog, snapshot }: ToolContext,
  view: View,
  { server: name, name: uri }: { readonly server: string; readonly name: string },
  body: ResultBody,
): Promise<ResultBody> {
  const server = snapshot.servers.get(name);
  const place = findMember(readObject(body.text), 'skill');
  const raw = place && clearDefinition(body.text.slice(place.start, place.end));
  const offer = raw === undefined ? undefined : readOffer(raw, 'uri');
  if (server === undefined || place === undefined || offer?.key !== uri) throw noEntry(name, uri);
  if (!catalog.countsAsSkill(server, offer)) throw definitionChanged(name, 'skill', uri);
  await catalog.noteSkill(server, offer);
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
