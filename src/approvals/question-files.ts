/**
 * Questions, answers and lasting permissions as files of one folder, which all processes of all gateways of this account share. What
 * may happen once is one step of the file system: an answer is a link that nobody else made, and is used up by whoever removes it.
 *
 *     P.B.ID.question   P names the owner, B everything that the question is bound to
 *     ID.answer
 *     P.G.grant         G names everything that a lasting permission is bound to
 */
import { createHash, randomBytes } from 'node:crypto';
import { link, readdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { holdLock } from '../shared/hold-lock.ts';
import { makeFolder } from '../shared/make-folder.ts';
import { systemCode } from '../shared/system-code.ts';
import { type Answer, type Bound, bindingOf, type Question } from './question.ts';

const FORMAT = 1;

/** The files of the folder at this moment, by names alone. */
export interface QuestionListing {
  has(id: string, what: 'question' | 'answer'): boolean;
}

export class QuestionFiles {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes the folder, for this account alone. @throws what mkdir(2) does */
  open(): void {
    makeFolder(this.folder);
  }

  /**
   * The question that waits under this binding, or the one that `make` makes.
   * @param most questions of one principal.
   * @returns undefined where the principal has too many.
   */
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

  /** @returns undefined where there is no such question (any more). */
  async find(id: string): Promise<Question | undefined> {
    const name = (await this.#names()).find((one) => one.endsWith(`.${id}.question`));
    const question = name === undefined ? undefined : await this.#question(name);
    return question?.id === id ? question : undefined;
  }

  /** All questions that are not over, oldest first. */
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

  /** @returns false where somebody has answered. */
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

  /** Uses an answer up, and the question with it. @returns false where somebody else did, or nobody answered. */
  async use({ id, bound }: Question): Promise<boolean> {
    const isFirst = await removed(join(this.folder, `${id}.answer`));
    if (isFirst) await removed(this.#pathOf(bound, id));
    return isFirst;
  }

  /** Takes a question back that nobody answered. @returns false where there is none any more. */
  async withdraw({ id, bound }: Question): Promise<boolean> {
    const isFirst = await removed(this.#pathOf(bound, id));
    if (isFirst) await removed(join(this.folder, `${id}.answer`));
    return isFirst;
  }

  /** Keeps a lasting permission. */
  async grant(owner: string, binding: string, expiresAt: number): Promise<void> {
    this.open();
    await this.#write(grantName(owner, binding), { expiresAt, grantedAt: Date.now() });
  }

  async isGranted(owner: string, binding: string): Promise<boolean> {
    const name = grantName(owner, binding);
    const grant = (await this.#read(name)) as { expiresAt?: unknown; grantedAt?: unknown } | undefined;
    return isWithin(grant?.grantedAt, grant?.expiresAt);
  }

  /** Removes what is over. @returns questions that nobody answered, each to one caller alone. */
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

/** True if a question can still be answered, or its answer be used. A clock that was set back makes nothing live longer. */
export function isAlive(question: Question, answer: Answer | undefined): boolean {
  if (answer !== undefined) return isWithin(answer.answeredAt, answer.expiresAt);
  return isWithin(question.askedAt, question.expiresAt);
}

/** Milliseconds that the clocks of two processes may differ. */
const SKEW_MS = 1000;

function isWithin(from: unknown, until: unknown): boolean {
  const now = Date.now();
  return typeof from === 'number' && typeof until === 'number' && from <= now + SKEW_MS && now < until;
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
