/** Random rules for the tests of this folder. */
import fc from 'fast-check';
import type { AccessList, AgentRules, OfferKind, PolicyRules } from '../rules-data.ts';
import type { DecidedCase } from './changed-decisions.ts';

export const AGENTS = ['dev', 'ops', '__proto__'] as const;
export const SERVERS = ['files', 'db', 'db_main', '__proto__', 'a*b', 'x[y'] as const;
export const NAMES = [
  'read_file',
  'get_or_create',
  'delete_file',
  'getUser',
  'query',
  'constructor',
  'r?',
  'list',
] as const;

const pattern = fc.oneof(
  fc.constantFrom<string>(...SERVERS, ...NAMES),
  fc.constantFrom('*', 'db*', 'read_*', '*_file', '?b', '[!d]*', 'get[A-Z]*', 're*', '*e*'),
);
const list = fc.uniqueArray(pattern, { maxLength: 4 });
const map = fc.dictionary(pattern, list, { maxKeys: 3, noNullPrototype: false });

const access = fc.record(
  { servers: list, tools: map, prompts: map, resources: map, skills: map },
  { requiredKeys: [] },
) as fc.Arbitrary<AccessList>;

export const agentRules: fc.Arbitrary<AgentRules> = fc.record(
  { allow: access, deny: access, enforce: fc.constant('shadow' as const) },
  { requiredKeys: [] },
);

export const policyRules: fc.Arbitrary<PolicyRules> = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...AGENTS), agentRules), { selector: ([name]) => name, maxLength: 3 })
  .map((agents) => ({ agents: Object.fromEntries(agents) }));

export const KINDS: readonly OfferKind[] = ['tool', 'prompt', 'resource', 'skill'];

/** Everything that can be asked with the names of this file. */
export function everyQuestion(agents: readonly string[]): DecidedCase[] {
  return agents.flatMap((agent) =>
    SERVERS.flatMap((server) =>
      KINDS.flatMap((kind) => [undefined, ...NAMES].map((name) => ({ agent, server, name, kind }))),
    ),
  );
}
