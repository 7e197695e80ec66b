/** The questions that wait for an answer, for whoever shows them: any process of this account can look. */
import { join } from 'node:path';
import type { Question } from './question.ts';
import { QuestionFiles } from './question-files.ts';
import { QuestionWatch } from './question-watch.ts';
import { isAlive, type Questions } from './questions.ts';

/** The store of questions. */
export function approvalsFolder(cacheDir: string): string {
  return join(cacheDir, 'approvals');
}

export class OpenQuestions {
  readonly #questions: Questions;
  readonly #watch: QuestionWatch;

  constructor(questions: Questions, watch = new QuestionWatch(questions)) {
    this.#questions = questions;
    this.#watch = watch;
  }

  static in(folder: string): OpenQuestions {
    return new OpenQuestions(new QuestionFiles(folder));
  }

  /** Oldest first. */
  async waiting(): Promise<readonly Question[]> {
    const questions = await this.#questions.questions();
    const answers = await Promise.all(questions.map(({ id }) => this.#questions.answerTo(id)));
    return questions.filter((question, at) => answers[at] === undefined && isAlive(question, undefined));
  }

  /** Calls back whenever something may have happened to a question. @returns stops that */
  follow(listener: () => void): () => void {
    return this.#watch.follow(listener);
  }
}
