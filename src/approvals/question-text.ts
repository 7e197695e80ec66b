/** The words of a question. What others wrote stands at the end of a line of its own, in quotes that it cannot leave. */
import type { AnswerWord, Question, Shown } from './question.ts';
import { quoteVisibly } from './show-text.ts';

/** The meaning of each answer, for whoever gives it. */
export const ANSWER_WORDS: Readonly<Record<AnswerWord, string>> = {
  once: 'Yes, this call once',
  session: 'Yes, and whatever this rule asks about this tool in this session',
  hour: 'Yes, and whatever this rule asks about this tool for an hour',
  no: 'No',
};

const KINDS = { tool: 'tool', prompt: 'prompt', resource: 'resource', skill: 'skill' } as const;

/** Labels and texts of a question, in the order in which they are shown. */
function questionLines({ bound, shown }: Pick<Question, 'bound' | 'shown'>): readonly [string, string][] {
  return [
    ['agent', quoteVisibly(bound.agent)],
    ['caller', quoteVisibly(shown.caller)],
    ['server', quoteVisibly(bound.server)],
    [KINDS[bound.kind], quoteVisibly(bound.name)],
    ...(shown.access === undefined ? [] : [['access', shown.access] as [string, string]]),
    ['rule', quoteVisibly(bound.rule)],
    ...(shown.carries ?? []).map((label): [string, string] => ['after', quoteVisibly(label)]),
    ...argumentLines(shown),
  ];
}

function argumentLines(shown: Shown): [string, string][] {
  if (shown.arguments.length === 0) return [['arguments', 'none']];
  return shown.arguments.map(({ name, text }) => ['argument', text === '' ? name : `${name}: ${text}`]);
}

/** The question as one text: indented, so that it stays as it is also where Markdown is read. */
export function questionText(question: Pick<Question, 'bound' | 'shown'>): string {
  const lines = questionLines(question);
  const width = Math.max(...lines.map(([label]) => label.length));
  const rows = lines.map(([label, text]) => `    ${label.padEnd(width)}  ${text}`);
  return ['An agent wants to do this, and the rules say that a person decides:', '', ...rows].join('\n');
}

/** A question for programs: what `--json` prints and webhooks are sent. Texts of others are as harmless as in `questionText`. */
export interface QuestionReport {
  readonly id: string;
  readonly asked_at: string;
  readonly expires_at: string;
  readonly agent: string;
  readonly caller: string;
  readonly server: string;
  readonly kind: string;
  readonly name: string;
  readonly access: string | null;
  readonly rule: string;
  readonly arguments: Shown['arguments'];
  readonly arguments_sha256: string;
  readonly answers: readonly AnswerWord[];
  readonly rules_file: string;
  readonly text: string;
}

export function reportQuestion(question: Question): QuestionReport {
  const { id, bound, shown, askedAt, expiresAt, answers } = question;
  return {
    id,
    asked_at: new Date(askedAt).toISOString(),
    expires_at: new Date(expiresAt).toISOString(),
    agent: bound.agent,
    caller: shown.caller,
    server: bound.server,
    kind: bound.kind,
    name: bound.name,
    access: shown.access ?? null,
    rule: bound.rule,
    arguments: shown.arguments,
    arguments_sha256: bound.arguments,
    answers,
    rules_file: shown.rulesFile,
    text: questionText(question),
  };
}
