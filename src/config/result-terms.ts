/** The terms of the rules for the text of results (docs/results.md), for each server. */
import { compilePattern } from '../policy/pattern.ts';
import type { RulesFile } from './file-schemas.ts';
import { RESULT_KINDS } from './result-kinds.ts';
import type { ServerDefinition } from './snapshot.ts';

/** The servers of a configuration, each with what all patterns that match it say together. Their connections stay. */
export function withResultTerms(
  servers: ReadonlyMap<string, ServerDefinition>,
  rules: RulesFile['results'],
): ReadonlyMap<string, ServerDefinition> {
  if (rules === undefined || rules.size === 0) return servers;
  const patterns = [...rules].map(([pattern, terms]) => ({ matches: compilePattern(pattern), terms }));
  return new Map(
    [...servers].map(([name, server]) => {
      const terms = patterns.flatMap(({ matches, terms: own }) => (matches(name) ? [own] : []));
      const redact = RESULT_KINDS.filter((kind) => terms.some((own) => own.redact?.includes(kind)));
      const stripInvisible = terms.some((own) => own.strip_invisible === true);
      return [name, stripInvisible || redact.length > 0 ? { ...server, results: { stripInvisible, redact } } : server];
    }),
  );
}
