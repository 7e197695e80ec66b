/**
 * Room for messages of servers that are large, from their first bytes until they were read: many that come at once must not take all
 * memory. One budget for each server and one for all, so that no server takes the room of the others.
 */
import { ByteBudget } from '../../shared/byte-budget.ts';

const budget = new ByteBudget();
/** Bytes below which nothing is counted, and by which it grows afterwards: most messages are small. */
const STEP = 1024 * 1024;
/** Of those that are being decoded and scanned: each is a text then, too. */
const MAX_READ = 4;

export const NO_ROOM =
  'sent an answer that there is no room for now, since too many large answers are on their way: ask for less at a time, or try again later.';

/** The room of one message, as far as it has come. */
export interface AnswerBudget {
  /** @returns false where there is no room for so many bytes. */
  grow(bytes: number): boolean;
  /** The message is gone. */
  end(): void;
}

export function createAnswerBudget(server: string): AnswerBudget {
  let size = STEP;
  let release: (() => void) | undefined;
  const end = (): void => {
    release?.();
    release = undefined;
    size = STEP;
  };
  return {
    grow(bytes) {
      if (bytes <= size) return true;
      const next = Math.ceil(bytes / STEP) * STEP;
      end();
      release = budget.of(server).hold(next);
      if (release === undefined) return false;
      size = next;
      return true;
    },
    end,
  };
}

let reading = 0;
const waiting: (() => void)[] = [];

/** Reads a large message, few at a time: those that wait are bytes only. */
export async function readFew<T>(read: () => Promise<T>): Promise<T> {
  if (reading >= MAX_READ) await new Promise<void>((resolve) => waiting.push(resolve));
  else reading++;
  try {
    return await read();
  } finally {
    const next = waiting.shift();
    if (next === undefined) reading--;
    else next();
  }
}
