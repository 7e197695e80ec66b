/**
 * Links as the pages have them on disk, so that they also work where the repository is read, become links of the site: files of the
 * root that are pages of the site, and what is no page at all, which is only named.
 */
import path from 'node:path';
import { ROOT_PAGES } from './pages.mjs';

const PAGE_OF_FILE = new Map(Array.from(ROOT_PAGES, ([page, file]) => [file, page]));

/** A plugin of markdown-it. */
export function siteLinks(md) {
  md.core.ruler.push('site-links', ({ tokens, env }) => {
    for (const { children } of tokens) if (children) translate(children, env.relativePath ?? '');
  });
}

function translate(tokens, page) {
  const from = path.posix.join('docs', path.posix.dirname(ROOT_PAGES.has(withoutEnd(page)) ? '../x' : page));
  let leaving = false;
  for (const token of tokens) {
    if (token.type === 'link_open') {
      const href = token.attrGet('href') ?? '';
      const target = /^[a-z]+:|^#/.test(href) ? href : siteTarget(path.posix.join(from, href), page);
      if (target === undefined) {
        leaving = true;
        token.tag = 'span';
        token.attrs = [];
      } else token.attrSet('href', target);
    } else if (token.type === 'link_close' && leaving) {
      leaving = false;
      token.tag = 'span';
    }
  }
}

/** @param target path from the root of the repository, with an anchor or without */
function siteTarget(target, page) {
  const [file, anchor] = target.split('#');
  const name = file === 'README.md' ? 'index' : (PAGE_OF_FILE.get(file) ?? pageOf(file));
  if (name === undefined) return undefined;
  const relative = path.posix.relative(path.posix.dirname(page), `${name}.md`);
  return `${relative.startsWith('.') ? relative : `./${relative}`}${anchor === undefined ? '' : `#${anchor}`}`;
}

function pageOf(file) {
  return /^docs\/.*\.md$/.test(file) ? withoutEnd(file.slice('docs/'.length)) : undefined;
}

function withoutEnd(page) {
  return page.replace(/\.md$/, '');
}
