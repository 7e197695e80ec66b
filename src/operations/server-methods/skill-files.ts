/** Files of skills that were read: they must be what the entry of their skill says (ext-skills, Verification on Read). */
import { createHash } from 'node:crypto';
import { type Skill, skillOf } from '../../catalog/skill-entry.ts';
import type { ServerDefinition } from '../../config/snapshot.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { ToolContext } from '../operation.ts';
import { PATIENCE_MS } from './exposed-entries.ts';
import { readContents } from './read-contents.ts';

type SkillFile = NonNullable<ReturnType<NonNullable<Skill['files']>['get']>>;

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
  const contents = await readContents(text);
  if (contents === 'none') return;
  // Who reads the file may take any content for it, whatever its URI is.
  const isOneOf = (files: readonly SkillFile[]): boolean =>
    contents?.every((content) => content.uri === uri && files.some((file) => fits(file, content.bytes))) === true;
  if (isOneOf(expected)) return;
  await catalog.offersAgain(server, 'skills', wanted);
  if (isOneOf(await expectedOf(context, server, uri))) return;
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
