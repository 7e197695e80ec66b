/** Files of skills that were read: they must be what the entry of their skill says (ext-skills, Verification on Read). */
import { createHash } from 'node:crypto';
import { type Skill, skillOf } from '../../catalog/skill-entry.ts';
import type { ServerDefinition } from '../../config/snapshot.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { ToolContext } from '../operation.ts';
import { PATIENCE_MS } from './exposed-entries.ts';
import { readContents } from './read-contents.ts';

type SkillFile = NonNullable<ReturnType<NonNullable<Skill['files']>['get']>>;

/** A file as the entry of one skill describes it. */
interface Expected {
  /** Undefined where the skill is made anew each time. */
  readonly file: SkillFile | undefined;
  /** Of its SKILL.md. */
  readonly frontmatter: Skill['frontmatter'] | undefined;
}

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
  const isOneOf = async (entries: readonly Expected[]): Promise<boolean> => {
    for (const content of contents ?? []) {
      if (content.uri !== uri || !(await fitsOne(entries, content.bytes))) return false;
    }
    return contents !== undefined;
  };
  if (await isOneOf(expected)) return;
  await catalog.offersAgain(server, 'skills', wanted);
  if (await isOneOf(await expectedOf(context, server, uri))) return;
  throw new GatewayError(
    'SERVER_UNAVAILABLE',
    `Server "${name}" answered ${uri.slice(0, 256)} with something else than the entry of its skill says (digest, size or frontmatter). Its owner has to look at it.`,
  );
}

async function expectedOf(
  { catalog, signal }: ToolContext,
  server: ServerDefinition,
  uri: string,
): Promise<readonly Expected[]> {
  const { entries } = await catalog.offers(server, 'skills', { timeoutMs: PATIENCE_MS, signal });
  return [...entries, ...(await catalog.knownSkills(server, uri))].flatMap((entry) => {
    const skill = skillOf(entry);
    const file = skill?.files?.get(uri);
    const frontmatter = skill?.uri === uri ? skill.frontmatter : undefined;
    return file === undefined && frontmatter === undefined ? [] : { file, frontmatter };
  });
}

async function fitsOne(entries: readonly Expected[], bytes: Buffer): Promise<boolean> {
  for (const { file, frontmatter } of entries) {
    if (file !== undefined && !fits(file, bytes)) continue;
    if (frontmatter === undefined) return true;
    // Loaded for the first SKILL.md.
    const { hasFrontmatter } = await import('./skill-frontmatter.ts');
    if (hasFrontmatter(bytes, frontmatter)) return true;
  }
  return false;
}

function fits({ digest, size }: SkillFile, bytes: Buffer): boolean {
  return bytes.length === size && digest === `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
