/** What README and docs show to be typed. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.ts';

export interface Block {
  readonly page: string;
  /** `sh`, `console`, `json`, ... */
  readonly language: string;
  readonly text: string;
}

/** A command, and what a `console` block shows below it. */
export interface Shown {
  readonly command: string;
  readonly output: string;
}

/** Pages in `docs/`, by path from there: without hidden folders and what stands for pages of the root. */
export const DOC_PAGES: readonly string[] = readdirSync(path.join(root, 'docs'), { recursive: true })
  .map((name) => String(name).replaceAll(path.sep, '/'))
  .filter((name) => name.endsWith('.md') && !/(?:^|\/)(?:\.|node_modules\/)|^project\//.test(name))
  .sort();

export const PAGES: readonly string[] = ['README.md', ...DOC_PAGES.map((name) => `docs/${name}`)];

export function textOf(page: string): string {
  return readFileSync(path.join(root, page), 'utf8');
}

export function blocksOf(page: string): Block[] {
  const blocks = [...textOf(page).matchAll(/^```(\w+)\n(.*?)^```/gms)];
  return blocks.map(([, language = '', text = '']) => ({ page, language, text }));
}

/** The commands of a block, those that go over several lines in one. */
export function commandsIn({ language, text }: Block): Shown[] {
  if (language === 'console') {
    const parts = text.split(/^\$ /m).slice(1);
    return parts.map((part) => ({
      command: part.split('\n')[0] ?? '',
      output: part.split('\n').slice(1).join('\n').trim(),
    }));
  }
  const lines = text.replace(/\\\n\s*/g, ' ').split('\n');
  return lines
    .map((line) => line.replace(/\s+# .*$/, '').trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((command) => ({ command, output: '' }));
}

/** Command lines in running text. */
export function inlineCommands(page: string): string[] {
  const prose = textOf(page).replace(/^```.*?^```/gms, '');
  return [...prose.matchAll(/`(agent-mcp-gateway [^`\n]+)`/g)].map(([, command = '']) => command);
}
