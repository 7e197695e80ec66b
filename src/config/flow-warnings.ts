/** Warnings about labels and rules over combinations that cannot do what their author meant. */
import type { PolicyRules } from '../policy/rules-data.ts';
import type { ConfigDocument, ConfigPath } from './json-document.ts';
import { nearest } from './nearest-name.ts';
import { quote } from './quote-name.ts';
import { pathName, problemAt } from './rules-file.ts';
import type { Problem } from './snapshot.ts';

/** The labels that tools and results may have by themselves. */
const BY_ITSELF: ReadonlySet<string> = new Set(['private', 'untrusted', 'external']);

/** One warning for each label that nothing has or nothing speaks of, and for labels without a rule. */
export function flowWarnings(document: ConfigDocument, { labels = {}, flow = [] }: PolicyRules): Problem[] {
  const problems: Problem[] = [];
  const warn = (path: ConfigPath, message: string, fix: string, target: 'key' | 'value' = 'value'): void => {
    problems.push(problemAt(document, 'warning', path, `${pathName(path)} ${message}`, fix, target));
  };
  const entries = Object.entries(labels).flatMap(([server, tools]) =>
    Object.entries(tools).map(([tool, own]) => ({ path: ['labels', server, tool], own })),
  );
  const given = new Set(entries.flatMap(({ own }) => own));
  const spoken = new Set(flow.flatMap(({ after, call }) => [...after, call]));
  if (entries.length > 0 && flow.length === 0) {
    warn(['labels'], 'changes nothing without "flow"', FLOW_FIX, 'key');
    return problems;
  }
  for (const { path, own } of entries) {
    for (const [index, label] of own.entries()) {
      if (spoken.has(label)) continue;
      warn([...path, index], `is ${quote(label)}, of which no rule in "flow" speaks`, similarTo(label, [...spoken]));
    }
  }
  for (const [index, { after, call }] of flow.entries()) {
    const missing = (label: string, path: ConfigPath): void => {
      if (given.has(label) || BY_ITSELF.has(label)) return;
      warn(
        path,
        `waits for ${quote(label)}, a label that nothing in "labels" gives`,
        similarTo(label, [...given, ...BY_ITSELF]),
      );
    };
    for (const [at, label] of after.entries()) missing(label, ['flow', index, 'after', at]);
    missing(call, ['flow', index, 'call']);
  }
  return problems;
}

const FLOW_FIX = 'Add "flow": [{"after": ["private", "untrusted"], "call": "external", "then": "ask"}], or remove it';

function similarTo(label: string, others: readonly string[]): string {
  const similar = nearest(label, others);
  return similar === undefined ? 'Correct the label, or remove it' : `Did you mean ${quote(similar)}?`;
}
