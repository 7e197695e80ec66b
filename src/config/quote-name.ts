import { escapeText } from '../observe/escape-text.ts';

/** A name that somebody else may have written, in quotes and safe for a terminal and a log, cut after `max` characters. */
export function quote(text: string, max = 80): string {
  const shown = text.length > max ? `${text.slice(0, max)}...` : text;
  return `"${escapeText(shown.replaceAll('"', '\\"'))}"`;
}
