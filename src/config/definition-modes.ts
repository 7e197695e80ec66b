/** The mode of the rules for definitions that change (docs/definitions.md), for each server. */
import { compilePattern } from '../policy/pattern.ts';
import { sha256 } from './config-files.ts';
import type { DefinitionMode, ServerDefinition } from './snapshot.ts';

const STRICTEST: readonly DefinitionMode[] = ['exact', 'quarantine'];

/**
 * The servers of a configuration, each with the strictest mode whose pattern fits; without one where changes are only recorded. A server
 * whose mode changes is connected anew, so that nothing that was learned without the check counts with it.
 */
export function withDefinitionModes(
  servers: ReadonlyMap<string, ServerDefinition>,
  rules: ReadonlyMap<string, DefinitionMode> | undefined,
): ReadonlyMap<string, ServerDefinition> {
  if (rules === undefined || rules.size === 0) return servers;
  const patterns = [...rules].map(([pattern, mode]) => ({ matches: compilePattern(pattern), mode }));
  return new Map(
    [...servers].map(([name, server]) => {
      const modes = patterns.flatMap(({ matches, mode }) => (matches(name) ? [mode] : []));
      const definitions = STRICTEST.find((mode) => modes.includes(mode));
      return [name, definitions === undefined ? server : { ...server, definitions, key: keyIn(server, definitions) }];
    }),
  );
}

/** What is accepted are definitions as agents see them: where these change, what a connection was checked for does not count. */
function keyIn({ key, overrides }: ServerDefinition, mode: DefinitionMode): string {
  return sha256(`${key} ${mode}${overrides === undefined ? '' : ` ${overrides.digest}`}`);
}
