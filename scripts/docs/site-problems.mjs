/** What is wrong with a built site. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Attributes with which a browser loads something. */
const LOADS = /<(?:script|img|link|source|iframe|video)\b[^>]*?\s(?:src|href|srcset)="((?:https?:)?\/\/[^"]+)"/g;
const LOADS_IN_CSS = /url\(["']?((?:https?:)?\/\/[^)"']+)|@import\s+["'](https?:[^"']+)/g;

/** @returns sentences; none where all is well */
export function siteProblems(dist) {
  const files = readdirSync(dist, { recursive: true });
  const pages = new Map(
    files.filter((name) => name.endsWith('.html')).map((name) => [name, readFileSync(path.join(dist, name), 'utf8')]),
  );
  return [
    ...Array.from(pages, ([name, html]) => [
      ...linkProblems(dist, pages, name, html),
      ...loads(name, html, LOADS),
    ]).flat(),
    ...files
      .filter((name) => name.endsWith('.css'))
      .flatMap((name) => loads(name, readFileSync(path.join(dist, name), 'utf8'), LOADS_IN_CSS)),
  ];
}

function loads(name, text, pattern) {
  return [...text.matchAll(pattern)].map(([, url, other]) => `${name} loads ${url ?? other}`);
}

function linkProblems(dist, pages, name, html) {
  const links = [...html.matchAll(/<a\b[^>]*?\shref="([^"]*)"/g)].map(([, href]) => href);
  return links
    .filter((href) => !/^[a-z]+:/.test(href) && !leads(dist, pages, name, href))
    .map((href) => `${name} links to ${href}`);
}

function leads(dist, pages, name, href) {
  const [file, anchor] = href.replaceAll('&amp;', '&').split('#');
  const target = file === '' ? name : path.posix.join(file.startsWith('/') ? '.' : path.posix.dirname(name), file);
  const found = [target, `${target}.html`, path.posix.join(target, 'index.html')].find((one) => pages.has(one));
  if (found === undefined) return existsSync(path.join(dist, target)) && target !== '.';
  return anchor === undefined || anchor === '' || pages.get(found).includes(`id="${decodeURIComponent(anchor)}"`);
}
