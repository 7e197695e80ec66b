/** Environment variables, as docs/configuration.md has them. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './names.mjs';

/** @returns a list of `{ name, default, meaning }`, in plain text; `default` is empty where there is none. */
export function documentedVariables() {
  const page = readFileSync(path.join(root, 'docs/configuration.md'), 'utf8');
  const section = page.split('## Environment variables\n')[1]?.split('\n## ')[0] ?? '';
  const rows = [...section.matchAll(/^\| `([A-Z_]+)` \| (.*?) ?\| (.*) \|$/gm)];
  if (rows.length === 0) throw new Error('docs/configuration.md has no table of environment variables.');
  return rows.map(([, name, value, meaning]) => ({ name, default: plain(value), meaning: plain(meaning) }));
}

/** Without marks of Markdown; a link in brackets behind a sentence is left out with them. */
function plain(text) {
  return text
    .replace(/ \(\[[^\]]*\]\([^)]*\)\)/g, '')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replaceAll('`', '')
    .trim();
}
