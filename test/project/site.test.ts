/** The site of the documentation: every page can be reached. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { DOC_PAGES } from '../support/documented.ts';
import { root } from '../support/paths.ts';

interface Pages {
  readonly groups: readonly { readonly pages: Readonly<Record<string, string>> }[];
  readonly ofTheRoot: Readonly<Record<string, string>>;
}

const { groups, ofTheRoot } = JSON.parse(readFileSync(path.join(root, 'docs/.vitepress/pages.json'), 'utf8')) as Pages;
const listed = groups.flatMap(({ pages }) => Object.keys(pages));

it('has every page of docs/ in its sidebar, once (docs/.vitepress/pages.json)', () => {
  const pages = DOC_PAGES.map((name) => name.replace(/\.md$/, '')).filter((page) => page !== 'index');
  expect(pages.filter((page) => !listed.includes(page))).toEqual([]);
  expect(listed.filter((page, at) => listed.indexOf(page) !== at)).toEqual([]);
});

it('has no page that there is not', () => {
  const fileOf = (page: string): string => ofTheRoot[page] ?? `docs/${page}.md`;
  expect(listed.filter((page) => !existsSync(path.join(root, fileOf(page))))).toEqual([]);
});

it('links from its front page to pages', () => {
  const front = readFileSync(path.join(root, 'docs/index.md'), 'utf8');
  const links = [...front.matchAll(/link: \/(\S+)/g)].map(([, page = '']) => page);
  expect(links.length).toBeGreaterThan(4);
  expect(links.filter((page) => !listed.includes(page))).toEqual([]);
});
