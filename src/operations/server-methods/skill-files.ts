/** Files of skills that were read: they must be what the entry of their skill says (ext-skills, Verification on Read). */
import { createHash } from 'node:crypto';
import { type Skill, skillOf } from '../../catalog/skill-entry.ts';
import type { ServerDefinition } from '../../config/snapshot.ts';
import { readObjectInTurns } from '../../protocol/json-rpc.ts';
import { elementsInTurns } from '../../protocol/json-text.ts';
import { findMember, stringValue } from '../../protocol/members.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { ToolContext } from '../operation.ts';
import { PATIENCE_MS } from './exposed-entries.ts';

type SkillFile = NonNullable<ReturnType<NonNullable<Skill['files']>['get']>>;

/** Contents that are looked at. */
const MAX_CONTENTS = 10_000;

/**
 * Compares what was read with the entries of the skills that list it; those are fetched anew before it is refused.
 * @param text of a result of `resources/read`
 * @throws GatewayError SERVER_UNAVAILABLE where it fits none of them
 */
export async function checkSkillFile(context: ToolContext, name: string, uri: string, text: string): Promise<void> {
  const { catalog, snapshot, signal } = context;
  const server = snapshot.servers.get(name);
  if (server === undefined) return;
  const wanted = { timeoutMs: PATIENCE_MS, signal };
  const expected = await expectedOf(context, server, uri);
  if (expected.length === 0) return;
  const bytes = await bytesOf(text, uri);
  if (bytes === undefined || expected.some((file) => fits(file, bytes))) return;
  await catalog.offersAgain(server, 'skills', wanted);
  if ((await expectedOf(context, server, uri)).some((file) => fits(file, bytes))) return;
  throw new GatewayError(
    'SERVER_UNAVAILABLE',
    `Server "${name}" answered ${uri.slice(0, 256)} with something else than the entry of its skill says (digest or size). Its owner has to look at it.`,
  );
}

async function expectedOf(
  { catalog, signal }: ToolContext,
  server: ServerDefinition,
  uri: string,
): Promise<readonly SkillFile[]> {
  const { entries } = await catalog.offers(server, 'skills', { timeoutMs: PATIENCE_MS, signal });
  return [...entries, ...catalog.knownSkills(server, uri)].flatMap((entry) => skillOf(entry)?.files?.get(uri) ?? []);
}

function fits({ digest, size }: SkillFile, bytes: Buffer): boolean {
  return bytes.length === size && digest === `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** The content of this URI; undefined where the result has none, as one that asks for input. */
async function bytesOf(text: string, uri: string): Promise<Buffer | undefined> {
  const contents = findMember(await readObjectInTurns(text), 'contents');
  if (contents === undefined || text.charAt(contents.start) !== '[') return undefined;
  for (const element of await elementsInTurns(text.slice(contents.start, contents.end), MAX_CONTENTS)) {
    const content = await readObjectInTurns(element);
    if (stringValue(element, findMember(content, 'uri')) !== uri) continue;
    const written = stringValue(element, findMember(content, 'text'));
    if (written !== undefined) return Buffer.from(written);
    const blob = stringValue(element, findMember(content, 'blob'));
    if (blob !== undefined) return Buffer.from(blob, 'base64');
  }
  return undefined;
}
