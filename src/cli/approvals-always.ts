/** Answers for good: they change the rules file of the gateway that asked, which is shown first. */
import type { QuestionReport } from '../approvals/question-text.ts';
import { addAnswer } from '../config/edit-answers.ts';
import { openRules, type RulesEditor } from '../config/edit-rules.ts';
import { locateRules } from '../config/locate-files.ts';
import { type Settings, settingsHere } from '../config/settings.ts';
import type { StandingAnswer } from '../policy/rules-data.ts';
import { GatewayError } from '../shared/errors.ts';
import { type RulesChange, readChange } from './rules-change.ts';

export const ALWAYS = ['always', 'always-these'] as const;
export type AlwaysWord = (typeof ALWAYS)[number];

export const ALWAYS_WORDS: Readonly<Record<AlwaysWord, string>> = {
  'always-these': 'Yes, and never ask again about these arguments (changes the rules)',
  always: 'Yes, and never ask again about this tool (changes the rules)',
};

export function isAlways(word: string): word is AlwaysWord {
  return (ALWAYS as readonly string[]).includes(word);
}

/** True if a question can be answered for good: about a tool, by rules of the agent itself over what it calls, where answers may last. */
export function takesAlways({ kind, rule, answers }: QuestionReport): boolean {
  return kind === 'tool' && answers.includes('hour') && rule.startsWith('agents');
}

/** @throws GatewayError USAGE where it cannot be answered for good; CONFIG_NOT_FOUND, CONFIG_INVALID */
export async function changeFor(
  settings: Settings,
  question: QuestionReport,
  word: AlwaysWord,
): Promise<{ readonly editor: RulesEditor; readonly change: RulesChange }> {
  if (!takesAlways(question)) {
    throw new GatewayError('USAGE', `This question takes ${question.answers.join(', ')}.`);
  }
  const { agent, server, name, arguments_sha256: sha256, rules_file: file } = question;
  // A file that needs trust is trusted again with its change.
  const isFoundHere = (await locateRules(settings).catch(() => undefined))?.path === file;
  const editor = await openRules(isFoundHere ? settings : settingsHere({ rules: file }));
  const answer: StandingAnswer = word === 'always' ? name : { tool: name, arguments_sha256: sha256 };
  return { editor, change: await readChange(editor, addAnswer(editor.text, agent, server, answer)) };
}
