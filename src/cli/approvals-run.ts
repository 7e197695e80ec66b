import { userInfo } from 'node:os';
import type { AnswerOutcome, Said } from '../approvals/approvals.ts';
import { ANSWERS, type AnswerWord } from '../approvals/question.ts';
import type { QuestionReport } from '../approvals/question-text.ts';
import { runtimeDir, type Settings } from '../config/settings.ts';
import { GatewayError } from '../shared/errors.ts';
import { ALWAYS, changeFor, isAlways, takesAlways } from './approvals-always.ts';
import type { AnswerFlags, ApprovalsFlags } from './approvals-command.ts';
import { askOne } from './control-client.ts';
import { print, printJson, printText, say } from './output.ts';
import { printDiff, settle } from './rules-change.ts';
import { table } from './table.ts';

/** Characters of an id that people see and type. */
const SHORT = 8;

export async function list(settings: Settings, { json }: ApprovalsFlags): Promise<void> {
  const questions = await waiting(settings);
  if (json === true) return printJson(questions);
  if (questions.length === 0) return print('No call waits for a person.');
  const rows = questions.map(({ id, agent, server, name, expires_at }) => [
    shortId(id),
    agent,
    server,
    name,
    `${secondsUntil(expires_at)} s left`,
  ]);
  for (const line of table([['id', 'agent', 'server', 'what', 'time'], ...rows])) print(line);
}

export async function show(settings: Settings, id: string, { json }: ApprovalsFlags): Promise<void> {
  const question = await questionNamed(settings, id);
  if (json === true) return printJson(question);
  printQuestion(question);
  const answers = [...question.answers, ...(takesAlways(question) ? ALWAYS : [])];
  print(`Answers: ${answers.join(', ')}. It is refused in ${secondsUntil(question.expires_at)} s.`);
}

export async function answer(
  settings: Settings,
  id: string,
  word: string,
  { reason, write = false, json }: AnswerFlags,
): Promise<void> {
  if (!isAnswer(word) && !isAlways(word)) {
    throw new GatewayError('USAGE', `An answer is one of ${[...ANSWERS, ...ALWAYS].join(', ')}.`);
  }
  if (reason !== undefined && word !== 'no') throw new GatewayError('USAGE', '--reason goes with "no".');
  const question = await questionNamed(settings, id);
  if (isAlways(word)) {
    const { editor, change } = await changeFor(settings, question, word);
    if (json !== true && change.isChanged) printDiff(editor, change);
    if (!write) return say('Nothing was written or answered. Add --write to do both.');
    // First, so that the record says who: the call goes on by itself once the rules are others.
    await give(settings, question, { word: 'once', forGood: word });
    await settle(editor, change, write);
  } else await give(settings, question, { word, reason });
  if (json === true) return printJson({ id: question.id, answer: word });
  print(`Answered ${shortId(question.id)}: ${word}.`);
}

/** Gives an answer. @throws GatewayError UNKNOWN_HANDLE where it does not count */
export function give(settings: Settings, question: QuestionReport, said: Said): Promise<void> {
  return giveAt(runtimeDir(settings), question, said, { who: userInfo().username });
}

/**
 * Gives an answer to the gateways at these sockets.
 * @param by the person who answers, and `web` where that is on the web page
 * @throws GatewayError UNKNOWN_HANDLE where it does not count
 */
export async function giveAt(
  sockets: string,
  question: QuestionReport,
  said: Said,
  by: { readonly who: string; readonly way?: 'web' },
): Promise<void> {
  const [line] = await askOne(sockets, { do: 'answer', id: question.id, said, ...by });
  const answered = line?.answered;
  if (answered === 'taken') return;
  throw new GatewayError('UNKNOWN_HANDLE', REFUSED[answered ?? 'unknown'](question));
}

const REFUSED: Readonly<Record<Exclude<AnswerOutcome, 'taken'>, (question: QuestionReport) => string>> = {
  unknown: () => 'Nobody asks this any more: the call was answered, given up or decided otherwise.',
  answered: () => 'Somebody has answered this already.',
  expired: () => 'It is too late: the question has expired, and the call was refused.',
  'not allowed': ({ answers }) =>
    `This answer is not open here. The rules say who may answer ("approvals.via"); this question takes ${answers.join(', ')}.`,
};

export async function waiting(settings: Settings): Promise<readonly QuestionReport[]> {
  const lines = await askOne(runtimeDir(settings), { do: 'questions' });
  return lines.flatMap(({ questions }) => questions ?? []);
}

async function questionNamed(settings: Settings, id: string): Promise<QuestionReport> {
  return questionAmong(await waiting(settings), id);
}

/** The one whose id begins so. @throws GatewayError UNKNOWN_HANDLE */
export function questionAmong(questions: readonly QuestionReport[], id: string): QuestionReport {
  const found = questions.filter((question) => question.id.startsWith(id));
  const [question] = found;
  if (question !== undefined && found.length === 1 && id !== '') return question;
  throw new GatewayError(
    'UNKNOWN_HANDLE',
    found.length > 1
      ? `More than one question begins with "${id}": type more of its id.`
      : `No question that waits has the id "${id}". "approvals list" shows those that there are.`,
  );
}

/** Prints a question: its text is harmless (`questionText`), and still nothing in it moves a cursor. */
export function printQuestion({ id, text }: QuestionReport): void {
  print({ style: '1', text: `Question ${shortId(id)}` });
  printText(`${text}\n\n`);
}

export function shortId(id: string): string {
  return id.slice(0, SHORT);
}

function secondsUntil(time: string): number {
  return Math.max(0, Math.round((Date.parse(time) - Date.now()) / 1000));
}

export function isAnswer(word: string): word is AnswerWord {
  return (ANSWERS as readonly string[]).includes(word);
}

/** Says why an answer did not count, where that ends nothing. */
export function sayRefused(error: unknown): void {
  if (!(error instanceof GatewayError)) throw error;
  say(error.message);
}
