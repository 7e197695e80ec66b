import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitepress';
import { siteLinks } from './links.mjs';
import { mermaidFences } from './mermaid.mjs';
import { GROUPS } from './pages.mjs';

const docs = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(path.join(docs, '../package.json'), 'utf8'));

/** The site of the documentation: `npm run docs` builds it into docs/.vitepress/dist. Nothing of it is loaded from elsewhere. */
export default defineConfig({
  title: 'agent-mcp-gateway',
  description:
    'One MCP server in front of all your MCP servers: agents find tools, rules decide, every call is recorded.',
  lang: 'en',
  // Works from any folder of any server, and from a disk.
  base: process.env.DOCS_BASE ?? '/',
  head: [['link', { rel: 'icon', type: 'image/svg+xml', href: `${process.env.DOCS_BASE ?? '/'}icon.svg` }]],
  markdown: {
    // As GitHub makes them, where the pages are read too.
    anchor: { slugify: githubSlug },
    config: (md) => md.use(siteLinks).use(mermaidFences).use(literalCode),
  },
  vite: { plugins: [vueOfTheSite()] },
  themeConfig: {
    logo: '/icon.svg',
    outline: [2, 3],
    search: { provider: 'local' },
    nav: [
      { text: 'Start', link: '/getting-started' },
      { text: 'How to', link: '/rules' },
      { text: 'Reference', link: '/cli' },
      { text: 'Why', link: '/architecture' },
      { text: version, link: '/project/changelog' },
    ],
    sidebar: GROUPS.map(({ text, pages }) => ({
      text,
      collapsed: text === 'The project' ? true : undefined,
      items: Object.entries(pages).map(([page, title]) => ({ text: title, link: `/${page}` })),
    })),
    docFooter: { prev: 'Before', next: 'Next' },
    footer: { message: 'MIT license. No telemetry, here or in the program.' },
  },
});

function githubSlug(heading) {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
}

/** Pages stand above the folder with the packages: while they are rendered, Vue is found from the program that is built. */
function vueOfTheSite() {
  return {
    name: 'vue-of-the-site',
    enforce: 'pre',
    resolveId: (id, _importer, { ssr }) =>
      ssr && /^vue(?:\/server-renderer)?$/.test(id) ? { id, external: true } : undefined,
  };
}

/** What stands in code is never a template. */
function literalCode(md) {
  const { code_inline: inline } = md.renderer.rules;
  md.renderer.rules.code_inline = (tokens, index, ...rest) => {
    tokens[index].attrSet('v-pre', '');
    return inline(tokens, index, ...rest);
  };
}
