/** Runs `approvals watch`: it shows each question as it comes, and asks for its answer. */
import process from 'node:process';
import type { AnswerWord } from '../approvals/question.ts';
import { ANSWER_WORDS, type QuestionReport } from '../approvals/question-text.ts';
import { runtimeDir, type Settings } from '../config/settings.ts';
import { escapeJson } from '../observe/escape-text.ts';
import { GatewayError } from '../shared/errors.ts';
import { ALWAYS, ALWAYS_WORDS, type AlwaysWord, changeFor, isAlways, takesAlways } from './approvals-always.ts';
import type { ApprovalsFlags } from './approvals-command.ts';
import { give, printQuestion, sayRefused, shortId } from './approvals-run.ts';
import { followOne } from './control-client.ts';
import { printText, say } from './output.ts';
import { printDiff, settle } from './rules-change.ts';
import { hasTerminal, prompts } from './setup/context.ts';

/** Milliseconds before it looks again for a gateway that runs. */
const AGAIN_MS = 1000;

export async function watch(settings: Settings, { json }: ApprovalsFlags): Promise<void> {
  if (json !== true && !hasTerminal()) {
    throw new GatewayError(
      'USAGE',
      'There is no terminal to ask on. Use --json, or "approvals list" and "approvals answer".',
    );
  }
  const watching = json === true ? new Printing() : new Prompting(settings);
  for (let isFirst = true; ; isFirst = false) {
    const isThere = await followOne(runtimeDir(settings), { do: 'questions', follow: true }, ({ questions }) => {
      if (questions !== undefined) watching.now(questions);
    });
    watching.now([]);
    if (isThere || isFirst) say('Waiting for a gateway of this account to run.');
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
  }
}

/** Takes the questions that wait now, again and again. */
interface Watching {
  now(questions: readonly QuestionReport[]): void;
}

class Printing implements Watching {
  #known = new Set<string>();

  now(questions: readonly QuestionReport[]): void {
    for (const question of questions) {
      if (!this.#known.has(question.id)) printText(`${escapeJson(JSON.stringify(question))}\n`);
    }
    this.#known = new Set(questions.map(({ id }) => id));
  }
}

/** One question at a time. */
class Prompting implements Watching {
  readonly #settings: Settings;
  /** Those that somebody here was asked already: whoever closes one of them leaves it to others. */
  readonly #asked = new Set<string>();
  #waiting: readonly QuestionReport[] = [];
  #current: { readonly id: string; readonly over: AbortController } | undefined;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  now(questions: readonly QuestionReport[]): void {
    this.#waiting = questions;
    const current = this.#current;
    if (current === undefined) void this.#next();
    else if (!questions.some(({ id }) => id === current.id)) current.over.abort();
  }

  async #next(): Promise<void> {
    const question = this.#waiting.find(({ id }) => !this.#asked.has(id));
    if (question === undefined) return;
    this.#asked.add(question.id);
    const over = new AbortController();
    this.#current = { id: question.id, over };
    try {
      await this.#ask(question, over.signal);
    } catch (error) {
      sayRefused(error);
    } finally {
      this.#current = undefined;
    }
    void this.#next();
  }

  async #ask(question: QuestionReport, signal: AbortSignal): Promise<void> {
    printQuestion(question);
    const { select, text } = await prompts();
    const options = question.answers.map((value) => ({ value, label: ANSWER_WORDS[value] }));
    const forGood = takesAlways(question) ? ALWAYS.map((value) => ({ value, label: ALWAYS_WORDS[value] })) : [];
    const word = await select<AnswerWord | AlwaysWord | 'later'>({
      message: `May it? (${shortId(question.id)})`,
      options: [...options, ...forGood, { value: 'later', label: 'Leave it to others' }],
      output: process.stderr,
      signal,
    });
    if (signal.aborted) return say(`${shortId(question.id)} was answered elsewhere, or is over.`);
    // Ctrl-C.
    if (typeof word === 'symbol') process.exit(130);
    if (word === 'later') return;
    if (isAlways(word)) return this.#answerForGood(question, word, signal);
    const told =
      word === 'no'
        ? await text({
            message: 'Why not? The agent is told this. Enter for no reason.',
            output: process.stderr,
            signal,
          })
        : undefined;
    const reason = typeof told === 'string' && told.trim() !== '' ? told : undefined;
    await give(this.#settings, question, { word, reason });
  }

  async #answerForGood(question: QuestionReport, word: AlwaysWord, signal: AbortSignal): Promise<void> {
    const { editor, change } = await changeFor(this.#settings, question, word);
    if (change.isChanged) printDiff(editor, change);
    const { confirm } = await prompts();
    const agreed = await confirm({ message: `Write ${editor.path}?`, output: process.stderr, signal });
    if (agreed !== true) return say('Nothing was written or answered.');
    await give(this.#settings, question, { word: 'once', forGood: word });
    await settle(editor, change, true);
  }
}
