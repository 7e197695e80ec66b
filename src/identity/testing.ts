/** Snapshots for the tests of this folder. */

import * as schema from '../config/file-schemas.ts';
import { parseDocument } from '../config/json-document.ts';
import { readRules } from '../config/rules-file.ts';
import type { Snapshot } from '../config/snapshot.ts';
import { compile } from '../policy/compile-rules.ts';

/** A snapshot without servers of a rules file. */
export function snapshotOf(file: object): Snapshot {
  const parsed = parseDocument('rules', Buffer.from(JSON.stringify(file)));
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const { rules, principals, agentTerms, problems } = readRules(parsed.document, schema);
  if (rules === undefined) throw new Error(JSON.stringify(problems));
  return {
    version: '1',
    paths: { servers: 'servers', rules: 'rules' },
    servers: new Map(),
    broken: new Map(),
    policy: compile(rules),
    denyOnMissingAgent: rules.defaults?.deny_on_missing_agent ?? false,
    explainDenials: false,
    agentTerms,
    principals,
    search: { embeddings: undefined, learnFromUse: false },
    approvals: { via: [], timeoutMs: 1000, remember: false, webhook: undefined },
    warnings: [],
  };
}
