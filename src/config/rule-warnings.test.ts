import { expect, it } from 'vitest';
import * as schema from './file-schemas.ts';
import { parseDocument } from './json-document.ts';
import { viewWarnings } from './rule-warnings.ts';
import { readRules } from './rules-file.ts';

/** The beginnings of the warnings about an agent. */
function said(agent: object): string[] {
  const parsed = parseDocument('rules', Buffer.from(JSON.stringify({ agents: { dev: agent } })));
  if (!parsed.ok) throw new Error('not JSON');
  return viewWarnings(parsed.document, readRules(parsed.document, schema).agentTerms).map(
    ({ severity, message }) => `${severity}: ${message.split(': ')[0]}`,
  );
}

it('warns where ways to call tools and the view of an agent do not go together', () => {
  const nothing = (member: string) => `warning: "agents.dev.${member}" changes nothing beside "expose"`;
  expect(said({ execute: 'split', expose: 'direct' })).toEqual([nothing('execute')]);
  expect(said({ code: { max_calls: 5 }, expose: 'direct' })).toEqual([nothing('code')]);
  expect(said({ code: true, execute: 'split', expose: 'direct' })).toEqual([nothing('execute'), nothing('code')]);
  expect(said({ code: true, execute: 'split' })).toEqual([
    expect.stringContaining('"agents.dev.code" lets the agent call every kind of tool through run_code'),
  ]);
  const fine = [
    {},
    { code: true },
    { execute: 'split' },
    { expose: 'direct', code: false },
    { execute: 'split', code: false },
  ];
  for (const agent of fine) expect(said(agent)).toEqual([]);
});
