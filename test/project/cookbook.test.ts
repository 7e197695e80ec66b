/** Rules that the documentation shows: they are rules, and decide what stands below them. */
import { describe, expect, it } from 'vitest';
import { checkRules } from '../../src/config/file-schemas.ts';
import { parseDocument, toValue } from '../../src/config/json-document.ts';
import { compile } from '../../src/policy/compile-rules.ts';
import { parseExpectations, runExpectations } from '../../src/policy/expectations.ts';
import type { PolicyRules } from '../../src/policy/rules-data.ts';
import { blocksOf, PAGES, textOf } from '../support/documented.ts';

const rules = PAGES.flatMap((page) =>
  blocksOf(page)
    .filter(({ language, text }) => language === 'json' && /^\{\s*"agents"/.test(text))
    .map(({ text }, at) => [`${page}, rules ${at + 1}`, text] as const),
);

it.each(rules)('%s: are accepted', (name, text) => {
  const parsed = parseDocument(name, Buffer.from(text));
  expect(parsed.ok ? checkRules(toValue(parsed.document.root)) : parsed.problems).toMatchObject({ ok: true });
});

const WORDS: Readonly<Record<string, boolean | 'ask'>> = { yes: true, no: false, asked: 'ask' };

/** `| agent | server | tool | yes |`, some with arguments, below the rules of its section. */
function recipesOf(page: string): (readonly [title: string, rules: string, checks: readonly unknown[]])[] {
  return textOf(page)
    .split(/^## /m)
    .slice(1)
    .flatMap((section) => {
      const shown = /^```json\n(\{\s*"agents".*?)^```/ms.exec(section)?.[1];
      const rows = [
        ...section.matchAll(/^\| ([\w-]+) \| ([\w-]+) \| ([\w-]+) (?:\| `(\{.*\})` )?\| (yes|no|asked) \|$/gm),
      ];
      const checks = rows.map(([, agent, server, tool, args, word = '']) => [
        ...[agent, server, tool, WORDS[word]],
        ...(args === undefined ? [] : [JSON.parse(args)]),
      ]);
      return shown === undefined ? [] : [[section.split('\n')[0] ?? '', shown, checks] as const];
    });
}

describe.each(['docs/cookbook.md', 'docs/read-only-agent.md'])('%s', (page) => {
  it.each(recipesOf(page))('%s: decides what it says', (_title, shown, checks) => {
    const { entries, problems } = parseExpectations([{ checks }]);
    expect(problems).toEqual([]);
    const policy = compile(JSON.parse(shown) as PolicyRules);
    expect(checks.length).toBeGreaterThan(0);
    expect(runExpectations(entries.map((entry) => ({ policy, checks: entry.checks })))).toEqual([]);
  });
});
