import { expect, it } from 'vitest';
import * as schema from './file-schemas.ts';
import { flowWarnings } from './flow-warnings.ts';
import { parseDocument } from './json-document.ts';
import { readRules } from './rules-file.ts';

function findings(text: string): string[] {
  const parsed = parseDocument('rules', Buffer.from(text));
  if (!parsed.ok) throw new Error('not JSON');
  const { rules, problems } = readRules(parsed.document, schema);
  const found = rules === undefined ? problems : flowWarnings(parsed.document, rules);
  return found.map(({ severity, message, fix }) => `${severity}: ${message} - ${fix}`);
}

it('warns of labels that nothing gives, that nothing speaks of, and that no rule asks for', () => {
  expect(
    findings(`{"agents": {}, "labels": {"mail": {"read_*": ["private", "secrt"]}},
      "flow": [{"after": ["private", "secret"], "call": "external", "then": "ask", "window_s": 60}]}`),
  ).toEqual([
    'warning: "labels.mail.read_*[1]" is "secrt", of which no rule in "flow" speaks - Did you mean "secret"?',
    'warning: "flow[0].after[1]" waits for "secret", a label that nothing in "labels" gives - Did you mean "secrt"?',
  ]);
  expect(findings('{"agents": {}, "labels": {"mail": {"*": ["private"]}}}')[0]).toContain(
    '"labels" changes nothing without "flow"',
  );
  expect(findings('{"agents": {}, "flow": [{"after": ["untrusted"], "call": "external", "then": "deny"}]}')).toEqual(
    [],
  );
});

it('what is wrong is an error at its place', () => {
  expect(
    findings(`{"agents": {}, "labels": {"m": {"x": ["Private"]}},
      "flow": [{"after": [], "call": "external", "then": "stop", "window_s": 0}]}`).map((line) => line.split(' - ')[0]),
  ).toEqual([
    'error: "labels.m.x[0]" is not a label',
    'error: "flow[0].after" is out of range',
    'error: "flow[0].then" must be one of "ask", "deny"',
    'error: "flow[0].window_s" is out of range',
  ]);
});
