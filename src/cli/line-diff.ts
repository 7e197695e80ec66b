/** Two texts as a unified diff. */
import { structuredPatch } from 'diff';

/** Lines that are shown around a change. */
const CONTEXT = 3;
/** Lines that may differ; where there are more, all of one text stands before all of the other. */
const MAX_DIFFERENT = 1_000;

interface DiffLine {
  readonly sign: ' ' | '-' | '+' | '@';
  readonly text: string;
}

/** @returns nothing where the texts are the same */
export function lineDiff(before: string, after: string): DiffLine[] {
  const [old, now] = [plain(before), plain(after)];
  const options = { context: CONTEXT, maxEditLength: MAX_DIFFERENT };
  const { hunks } = structuredPatch('', '', old, now, '', '', options) ?? { hunks: [allOf(old, now)] };
  return hunks.flatMap(({ oldStart, newStart, lines }) => [
    { sign: '@' as const, text: `@@ -${oldStart} +${newStart} @@` },
    ...lines.map((line) => ({ sign: line.charAt(0) as DiffLine['sign'], text: line.slice(1) })),
  ]);
}

function allOf(old: string, now: string) {
  const signed = (sign: string, text: string): string[] =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => sign + line);
  return { oldStart: 1, newStart: 1, lines: [...signed('-', old), ...signed('+', now)] };
}

/** With the line ends of Unix, one at the end too: those of a file stay as they are when it is changed. */
function plain(text: string): string {
  const lines = text.replaceAll('\r\n', '\n');
  return lines === '' || lines.endsWith('\n') ? lines : `${lines}\n`;
}
