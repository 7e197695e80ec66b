/** Questions for tests. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { AuditRecord } from '../audit/audit-record.ts';
import type { ApprovalTerms } from '../config/snapshot.ts';
import { Approvals, type ApprovalsOptions, type AskedCall } from './approvals.ts';
import type { Bound, Question } from './question.ts';
import { QuestionFiles } from './question-files.ts';

export const BOUND: Bound = {
  owner: 'alice',
  agent: 'researcher',
  ceiling: undefined,
  session: 's1',
  server: 'files',
  serverKey: 'k1',
  operation: 'tools/call',
  kind: 'tool',
  name: 'write_file',
  arguments: 'a1',
  definition: 'd1',
  rules: 'r1',
  rule: 'agents.researcher.ask.tools.files[0]',
};

export const TERMS: ApprovalTerms = {
  via: ['client', 'cli'],
  timeoutMs: 300_000,
  remember: true,
  webhook: undefined,
};

export const OWNER = { way: 'cli', who: 'owner' } as const;

/** An empty folder that is removed after the test. */
export function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'approvals-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** @returns approvals over a folder of their own, and what they recorded and told. */
export function newApprovals({ folder, ...options }: Partial<ApprovalsOptions> & { readonly folder?: string } = {}) {
  const records: AuditRecord[] = [];
  const told: Question[] = [];
  const approvals = new Approvals({
    questions: new QuestionFiles(folder ?? newFolder()),
    audit: {
      append: (record) => void records.push(record),
      refuse: () => undefined,
      close: () => Promise.resolve(),
    },
    log: { info: () => undefined, warn: () => undefined },
    notify: (question) => told.push(question),
    ...options,
  });
  return { approvals, records, told };
}

export function asked(bound: Partial<Bound> = {}, terms: Partial<ApprovalTerms> = {}): AskedCall {
  return {
    bound: { ...BOUND, ...bound },
    shown: { caller: 'alice', access: undefined, arguments: [], rulesFile: '/rules.json' },
    requestId: 'q-1',
    terms: { ...TERMS, ...terms },
  };
}
