/** One line at the bottom of a terminal that says what is waited for; nothing where stderr is none. */
import process from 'node:process';
import { escapeText } from '../observe/escape-text.ts';

const EVERY_MS = 500;
/** Back to the first column, and everything after it gone (ECMA-48, EL). */
const ERASE = '\r\u001b[K';

interface StatusLine {
  /** Takes it away, before something else is written. It comes back by itself. */
  clear(): void;
  close(): void;
}

/** @param text what it says now; empty for no line. */
export function openStatusLine(text: () => string): StatusLine {
  const { stderr } = process;
  if (stderr.isTTY !== true) return { clear: () => undefined, close: () => undefined };
  const draw = (): void => {
    stderr.write(`${ERASE}${escapeText(text()).slice(0, (stderr.columns || 80) - 1)}`);
  };
  const clear = (): void => {
    stderr.write(ERASE);
  };
  const timer = setInterval(draw, EVERY_MS).unref();
  return {
    clear,
    close() {
      clearInterval(timer);
      clear();
    },
  };
}
