/** The usage history: which tools agents used after which question, as data. */
import { FILLER_WORDS, STOP_WORDS } from '../search/stop-words.ts';
import { words } from '../search/words.ts';

/** An agent asked with these words and then used this tool. */
export interface ToolUse {
  readonly agent: string;
  /** The telling words of the question, in alphabetical order; no numbers. */
  readonly words: readonly string[];
  readonly server: string;
  readonly tool: string;
  readonly count: number;
  /** Day of the last time, UTC: `2030-12-31`. */
  readonly last: string;
}

/** A use that has just happened. */
type NewUse = Omit<ToolUse, 'count' | 'last'>;

const MAX_WORDS = 16;
const MAX_WORD = 32;
/** Longer names are not remembered. */
const MAX_NAME = 256;
const MAX_COUNT = 1_000_000;
export const MAX_USES = 2000;
export const MAX_USES_OF_AGENT = 500;

/** The words of a question that may be remembered: no numbers, since they are amounts, dates and telephone numbers. */
export function tellingWords(query: string): string[] {
  const telling = words(query).filter(
    (word) =>
      word.length > 1 &&
      word.length <= MAX_WORD &&
      !/\p{Nd}/u.test(word) &&
      !STOP_WORDS.has(word) &&
      !FILLER_WORDS.has(word),
  );
  return [...new Set(telling)].slice(0, MAX_WORDS).sort();
}

/** The uses with one more. The oldest go where there are too many, first those of the same agent. @param day as `last` */
export function withUse(uses: readonly ToolUse[], added: NewUse, day: string): readonly ToolUse[] {
  if (added.words.length === 0 || Math.max(added.server.length, added.tool.length) > MAX_NAME) return uses;
  const before = uses.find((use) => isSame(use, added));
  const rest = uses.filter((use) => use !== before);
  const count = Math.min((before?.count ?? 0) + 1, MAX_COUNT);
  const own = rest.filter(({ agent }) => agent === added.agent);
  const dropped = new Set(own.slice(0, Math.max(0, own.length + 1 - MAX_USES_OF_AGENT)));
  const kept = rest.filter((use) => !dropped.has(use)).slice(-(MAX_USES - 1));
  return [...kept, { ...added, count, last: day }];
}

function isSame(a: NewUse, b: NewUse): boolean {
  return a.agent === b.agent && a.tool === b.tool && a.server === b.server && a.words.join() === b.words.join();
}

/** Reads what `usesText` wrote; what is not a use is left out. */
export function readUses(text: string): readonly ToolUse[] {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return [];
  }
  const { uses } = (value ?? {}) as { readonly uses?: unknown };
  return Array.isArray(uses) ? uses.filter(isUse).slice(-MAX_USES) : [];
}

/** One use per line, for whoever opens the file. */
export function usesText(uses: readonly ToolUse[]): string {
  return `{"version":1,"uses":[${uses.map((use) => `\n${JSON.stringify(use)}`).join(',')}\n]}\n`;
}

function isUse(value: unknown): value is ToolUse {
  if (typeof value !== 'object' || value === null) return false;
  const { agent, words: asked, server, tool, count, last } = value as Partial<Record<keyof ToolUse, unknown>>;
  const texts = [agent, server, tool, last];
  return (
    texts.every((text) => typeof text === 'string' && text.length <= MAX_NAME) &&
    Array.isArray(asked) &&
    asked.length <= MAX_WORDS &&
    asked.every((word) => typeof word === 'string' && word.length <= MAX_WORD) &&
    typeof count === 'number' &&
    count >= 1
  );
}
