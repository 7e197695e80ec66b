/** The documentation against the program: links lead somewhere, commands and flags exist, and none is missing. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DOC_PAGES } from '../support/documented.ts';
import { type Home, makeHome } from '../support/home.ts';
import { root } from '../support/paths.ts';
import { runCli } from '../support/process.ts';

const PAGES = [...readdirSync(root).filter((name) => name.endsWith('.md')), ...DOC_PAGES.map((name) => `docs/${name}`)];

function textOf(page: string): string {
  return readFileSync(path.join(root, page), 'utf8');
}

describe.each(PAGES)('%s', (page) => {
  it('has links that lead somewhere', () => {
    const broken = linksOf(textOf(page)).filter((link) => !leadsSomewhere(page, link));
    expect(broken).toEqual([]);
  });

  it('names only files of the repository that there are', () => {
    const named = [...textOf(page).matchAll(/(?<![\w/.-])(?:src|test|scripts|schemas|docs)\/[\w./-]*\w/g)].map(
      ([name]) => name,
    );
    expect(named.filter((name) => !existsSync(path.join(root, name)))).toEqual([]);
  });
});

/** Targets of Markdown links and images that are no addresses. */
function linksOf(markdown: string): string[] {
  const links = [...withoutCode(markdown).matchAll(/\]\(([^)\s]+)\)/g)].map((match) => match[1] ?? '');
  return links.filter((link) => !/^[a-z]+:/.test(link));
}

function withoutCode(markdown: string): string {
  return markdown.replace(/^```.*?^```/gms, '').replace(/`[^`\n]*`/g, (code) => code.replace(/[[\]()]/g, ''));
}

function leadsSomewhere(page: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? page : path.join(path.dirname(page), file);
  if (!existsSync(path.join(root, target))) return false;
  return anchor === undefined || anchorsOf(textOf(target)).includes(anchor);
}

/** As GitHub makes them of headings. */
function anchorsOf(markdown: string): string[] {
  const headings = [...markdown.replace(/^```.*?^```/gms, '').matchAll(/^#+ (.*)$/gm)];
  return headings.map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

describe('docs/cli.md', () => {
  let home: Home;
  /** Command -> its flags, by `--help`. */
  const helped = new Map<string, string[]>();
  const documented = documentedFlags(textOf('docs/cli.md'));

  beforeAll(async () => {
    home = makeHome();
    await explore([]);
  });
  afterAll(() => home.remove());

  /** Walks through the commands that `--help` shows; those with commands of their own are no documented commands. */
  async function explore(command: readonly string[]): Promise<void> {
    const { code, stdout } = await runCli([...command, '--help'], home);
    expect(code, command.join(' ')).toBe(0);
    const sections = sectionsOf(stdout);
    const names = sections.flatMap((section) =>
      [...section.matchAll(/^ {2}([a-z][a-z-]*)/gm)].map(([, name = '']) => name),
    );
    const subcommands = names.filter((name) => name !== 'help');
    for (const name of subcommands) await explore([...command, name]);
    if (subcommands.length > 0) return;
    expect(stdout, command.join(' ')).toContain('Example');
    const flags = sections.flatMap((section) =>
      [...section.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, flag = '']) => flag),
    );
    helped.set(command.join(' '), flags.filter((flag) => flag !== '--help').sort());
  }

  it('has every command and every flag, and no others', () => {
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(helped));
  });

  it.each(PAGES)('and %s mention only flags that exist', (page) => {
    const known = new Set([...helped.values()].flat().concat('--help', '--version', '--init'));
    // Elsewhere lines with other programs have flags too.
    const lines = textOf(page).split('\n');
    const about = page === 'docs/cli.md' ? lines : lines.filter((line) => /agent-mcp-gateway /.test(line));
    const mentioned = about.flatMap((line) => [...line.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([flag]) => flag));
    expect(mentioned.filter((flag) => !known.has(flag))).toEqual([]);
  });
});

/** The groups of commands and of flags. */
function sectionsOf(help: string): string[] {
  const sections = [...help.matchAll(/^([A-Z][\w ]*):\n((?: {2}.*\n)+)/gm)];
  return sections.flatMap(([, title = '', lines = '']) => (/^(?:Arguments|Examples?)$/.test(title) ? [] : lines));
}

/** Headings that name a command, with the flags in the first column of the table below. */
function documentedFlags(markdown: string): Map<string, string[]> {
  const sections = markdown.split(/^## /m).slice(1);
  const found = new Map<string, string[]>();
  for (const section of sections) {
    const command = /^`([^`]+)`/.exec(section)?.[1];
    if (command === undefined) continue;
    found.set(command, [...section.matchAll(/^\| `(--[a-z-]+)/gm)].map((match) => match[1] ?? '').sort());
  }
  return found;
}
