/** Pages of the site that stand in the root of the repository. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ROOT_PAGES } from '../.vitepress/pages.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

export default {
  paths: () =>
    Array.from(ROOT_PAGES, ([page, file]) => ({
      params: { page: path.basename(page) },
      content: readFileSync(path.join(root, file), 'utf8'),
    })),
};
