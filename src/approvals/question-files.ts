/**
 * Questions, answers and lasting permissions as files of one folder, which all processes of all gateways of this account share. What
 * may happen once is one step of the file system: an answer is a link that nobody else made, and is used up by whoever removes it.
 *
 *     P.B.ID.question   P names the owner, B everything that the question is bound to
 *     ID.answer
 *     P.G.grant         G names everything that a lasting permission is bound to
 */
import { createHash, randomBytes } from 'node:crypto';
import { watch } from 'node:fs';
import { link, readdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { holdLock } from '../shared/hold-lock.ts';
import { makeFolder } from '../shared/make-folder.ts';
import { systemCode } from '../shared/system-code.ts';
import { type Answer, type Bound, bindingOf, type Question } from './question.ts';
import { isAlive, isWithin, type QuestionListing, type Questions } from './questions.ts';

const FORMAT = 1;

export class QuestionFiles implements Questions {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes the folder, for this account alone. @throws what mkdir(2) does */
  open(): void {
    makeFolder(this.folder);
  }

  async findOrAdd(
    bound: Bound,
    most: number,
    make: () => Question,
  ): Promise<{ readonly question: Question; readonly isNew: boolean } | undefined> {
    this.open();
    const owner = ownerName(bound.owner);
    const prefix = `${owner}.${bindingOf(bound)}.`;
    return holdLock(join(this.folder, 'lock'), async () => {
      const names = (await this.#names()).filter((name) => name.endsWith('.question'));
      for (const name of names.filter((one) => one.startsWith(prefix))) {
        const question = await this.#question(name);
        if (question !== undefined && isAlive(question, await this.answerTo(question.id))) {
          return { question, isNew: false };
        }
      }
      if (names.filter((name) => name.startsWith(`${owner}.`)).length >= most) return undefined;
      const question = make();
      await this.#write(`${prefix}${question.id}.question`, asWritten(question));
      return { question, isNew: true };
    });
  }

  async find(id: string): Promise<Question | undefined> {
    const name = (await this.#names()).find((one) => one.endsWith(`.${id}.question`));
    const question = name === undefined ? undefined : await this.#question(name);
    return question?.id === id ? question : undefined;
  }

  async questions(): Promise<readonly Question[]> {
    const names = (await this.#names()).filter((name) => name.endsWith('.question'));
    const questions = await Promise.all(names.map((name) => this.#question(name)));
    const now = Date.now();
    return questions
      .filter((question) => question !== undefined && question.expiresAt > now)
      .sort((one, other) => (one?.askedAt ?? 0) - (other?.askedAt ?? 0)) as Question[];
  }

  async answerTo(id: string): Promise<Answer | undefined> {
    const answer = (await this.#read(`${id}.answer`)) as Answer | undefined;
    return answer?.id === id ? answer : undefined;
  }

  async answer(answer: Answer): Promise<boolean> {
    const path = join(this.folder, `${answer.id}.answer`);
    const draft = await this.#draft(answer);
    try {
      await link(draft, path);
      return true;
    } catch (error) {
      if (systemCode(error) === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
  }

  async use({ id, bound }: Question): Promise<boolean> {
    const isFirst = await removed(join(this.folder, `${id}.answer`));
    if (isFirst) await removed(this.#pathOf(bound, id));
    return isFirst;
  }

  async withdraw({ id, bound }: Question): Promise<boolean> {
    const isFirst = await removed(this.#pathOf(bound, id));
    if (isFirst) await removed(join(this.folder, `${id}.answer`));
    return isFirst;
  }

  async grant(owner: string, binding: string, expiresAt: number): Promise<void> {
    this.open();
    await this.#write(grantName(owner, binding), { expiresAt, grantedAt: Date.now() });
  }

  async isGranted(owner: string, binding: string): Promise<boolean> {
    const name = grantName(owner, binding);
    const grant = (await this.#read(name)) as { expiresAt?: unknown; grantedAt?: unknown } | undefined;
    return isWithin(grant?.grantedAt, grant?.expiresAt);
  }

  async sweep(): Promise<readonly Question[]> {
    const unanswered: Question[] = [];
    const names = await this.#names();
    const ids = new Set(names.map((name) => name.split('.').at(-2)));
    for (const name of names) {
      const path = join(this.folder, name);
      if (name.endsWith('.question')) {
        const question = await this.#question(name);
        const answer = question && (await this.answerTo(question.id));
        if (question !== undefined && isAlive(question, answer)) continue;
        if ((await removed(path)) && question !== undefined && answer === undefined) unanswered.push(question);
        if (answer !== undefined) await removed(join(this.folder, `${answer.id}.answer`));
      } else if (name.endsWith('.grant')) {
        const grant = (await this.#read(name)) as { expiresAt?: unknown; grantedAt?: unknown } | undefined;
        if (!isWithin(grant?.grantedAt, grant?.expiresAt)) await removed(path);
      } else if (name.endsWith('.answer') && !ids.has(name.split('.')[0])) {
        await removed(path);
      }
    }
    return unanswered;
  }

  async listing(): Promise<QuestionListing> {
    const names = new Set((await this.#names()).map((name) => name.split('.').slice(-2).join('.')));
    return { has: (id, what) => names.has(`${id}.${what}`) };
  }

  watch(changed: () => void): () => void {
    try {
      this.open();
      const watcher = watch(this.folder, { persistent: false }, changed);
      watcher.on('error', () => watcher.close());
      return () => watcher.close();
    } catch {
      // If the system cannot watch, looking will do.
      return () => undefined;
    }
  }

  #pathOf(bound: Bound, id: string): string {
    return join(this.folder, `${ownerName(bound.owner)}.${bindingOf(bound)}.${id}.question`);
  }

  async #names(): Promise<string[]> {
    try {
      return await readdir(this.folder);
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return [];
      throw error;
    }
  }

  /** A question whose file says what its name says: what people were shown is what it is bound to. */
  async #question(name: string): Promise<Question | undefined> {
    const written = (await this.#read(name)) as WrittenQuestion | undefined;
    if (written?.bound === undefined) return undefined;
    const question = asRead(written);
    const { id, bound } = question;
    return name === `${ownerName(bound.owner)}.${bindingOf(bound)}.${id}.question` ? question : undefined;
  }

  /** @returns undefined where there is no such file, or one of another format or of another program */
  async #read(name: string): Promise<unknown> {
    try {
      const { format, ...kept } = JSON.parse(await readFile(join(this.folder, name), 'utf8')) as { format?: unknown };
      return format === FORMAT ? kept : undefined;
    } catch (error) {
      if (error instanceof SyntaxError || systemCode(error) === 'ENOENT' || error instanceof TypeError)
        return undefined;
      throw error;
    }
  }

  async #write(name: string, kept: object): Promise<void> {
    await rename(await this.#draft(kept), join(this.folder, name));
  }

  async #draft(kept: object): Promise<string> {
    const path = join(this.folder, `.${randomBytes(8).toString('hex')}.tmp`);
    await writeFile(path, `${JSON.stringify({ format: FORMAT, ...kept })}\n`, { mode: 0o600, flag: 'wx' });
    return path;
  }
}

/** A question as it is in its file. */
type WrittenQuestion = Omit<Question, 'bound'> & {
  readonly bound: Omit<Bound, 'owner'> & { readonly principal: string };
};

function asWritten({ bound: { owner, ...others }, ...question }: Question): WrittenQuestion {
  return { ...question, bound: { principal: owner, ...others } };
}

function asRead({ bound: { principal, ...others }, ...question }: WrittenQuestion): Question {
  return { ...question, bound: { owner: principal, ...others } };
}

function ownerName(owner: string): string {
  return createHash('sha256').update(owner).digest('hex').slice(0, 16);
}

function grantName(owner: string, binding: string): string {
  return `${ownerName(owner)}.${binding}.grant`;
}

/** @returns whether it was this call that removed the file */
async function removed(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}
