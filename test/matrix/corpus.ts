/** The recorded messages that the matrix server sends, as text. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../support/paths.ts';

export interface Recorded {
  readonly kind: string;
  readonly name: string;
  readonly text: string;
}

function linesOf(file: string): string[][] {
  const text = readFileSync(path.join(root, 'test/fixtures', file), 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'));
}

function recorded(file: string): Recorded[] {
  return linesOf(file).map(([kind = '', name = '', text = '']) => ({ kind, name, text }));
}

export const DEFINITIONS: readonly Recorded[] = recorded('matrix/definitions.txt');
export const MESSAGES: readonly Recorded[] = recorded('matrix/messages.txt');
/** Results of tools. */
export const RESULTS: readonly Recorded[] = linesOf('fidelity.txt').map(([name = '', text = '']) => ({
  kind: 'result',
  name,
  text,
}));

export function recordedText(list: readonly Recorded[], kind: string, name?: string): string {
  const found = list.find((entry) => entry.kind === kind && (name === undefined || entry.name === name));
  if (found === undefined) throw new Error(`There is no recorded ${kind} ${name}.`);
  return found.text;
}
