import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { AuditRecord } from './audit-record.ts';
import { openTestAudit, recordOf, recordsOf, systemError } from './fixtures.ts';
import { FOLD_LIMITS, foldRefusals } from './fold-refusals.ts';
import { createBodies } from './record-line.ts';
import { verifyLog } from './verify-log.ts';

const denied = (fields: Partial<AuditRecord> = {}): AuditRecord =>
  recordOf({ phase: 'finished', decision: 'DENY', error_code: 'DENIED_BY_POLICY', principal: 'eve', ...fields });

function folding(now: () => number = () => 0) {
  const written: AuditRecord[] = [];
  let broken = false;
  const append = (record: AuditRecord): Promise<void> | undefined => {
    if (broken) return Promise.reject(systemError('ENOSPC'));
    written.push(record);
    return undefined;
  };
  const fold = foldRefusals({ append }, { ...FOLD_LIMITS, burst: 3, refillMs: 3000, now });
  return { ...fold, written, breakDown: (value: boolean) => (broken = value) };
}

const total = (records: readonly AuditRecord[]): number =>
  records.reduce((sum, { detail }) => sum + Number(detail?.['count'] ?? 1), 0);

describe('foldRefusals', () => {
  it('records the first ones as they are, and of the others only how many there were', () => {
    const { refuse, flush, written } = folding();
    for (let n = 0; n < 100; n++) refuse(denied({ tool: `t${n}` }));
    expect(written.map(({ tool }) => tool)).toEqual(['t0', 't1', 't2']);
    flush();
    expect(written).toHaveLength(4);
    expect(written[3]).toMatchObject({
      operation: 'refusals',
      decision: 'DENY',
      principal: 'eve',
      error_code: 'DENIED_BY_POLICY',
      detail: { count: 97, codes: { DENIED_BY_POLICY: 97 }, calls: expect.any(Array) as unknown },
    });
    expect(written[3]?.detail?.['first']).toMatch(/^\d{4}-.*Z$/);
    flush();
    expect(written).toHaveLength(4);
  });

  it('says which rules refused, and what was asked for most, whatever else was asked for', () => {
    const { refuse, flush, written } = folding();
    for (let n = 0; n < 3; n++) refuse(denied());
    for (let n = 0; n < 9; n++) refuse(denied({ server: 'bank', tool: 'pay', rule: 'agents.a.deny.tools.bank[0]' }));
    for (let n = 0; n < 50; n++) refuse(denied({ server: `none${n}`, rule: 'default_deny' }));
    refuse(denied({ server: 'shell', tool: 'run', rule: 'agents.a.deny.servers[1]', agent_id: 'other' }));
    flush();
    const { detail, agent_id } = written.at(-1) ?? recordOf();
    expect(detail).toMatchObject({
      count: 60,
      rules: { default_deny: 50, 'agents.a.deny.tools.bank[0]': 9, 'agents.a.deny.servers[1]': 1 },
    });
    const [most] = (detail?.['calls'] ?? []) as object[];
    expect(most).toEqual({
      operation: 'execute_tool',
      agent: denied().agent_id,
      server: 'bank',
      tool: 'pay',
      count: 9,
    });
    expect(agent_id).toBeNull();
  });

  it('property: has its count and its codes in the line, whatever names were asked for', () => {
    const name = fc.oneof(fc.string({ unit: 'binary', maxLength: 200 }), fc.constant('\u202e'.repeat(512)));
    fc.assert(
      fc.property(fc.array(fc.tuple(name, name, name), { maxLength: 60 }), (names) => {
        const { refuse, flush, written } = folding();
        for (let n = 0; n < 3; n++) refuse(denied());
        for (const [server, tool, rule] of names) refuse(denied({ server, tool, rule, claimed_agent: tool }));
        flush();
        const line = createBodies((text) => text)(written.at(-1) ?? recordOf(), 'now');
        const { detail } = JSON.parse(`${line}}`) as { detail?: { count?: number; cut?: string } };
        expect(detail?.cut).toBeUndefined();
        if (names.length > 0) expect(detail?.count).toBe(names.length);
      }),
    );
  });

  it('keeps principals apart: one that is loud hides no other', () => {
    const { refuse, flush, written } = folding();
    for (let n = 0; n < 50; n++) refuse(denied());
    refuse(denied({ principal: 'alice', tool: 'only' }));
    expect(written.at(-1)).toMatchObject({ principal: 'alice', tool: 'only' });
    flush();
    expect(total(written)).toBe(51);
  });

  it('records one by one again after a while', () => {
    let at = 0;
    const { refuse, flush, written } = folding(() => at);
    for (let n = 0; n < 10; n++) refuse(denied());
    flush();
    at += 1000;
    refuse(denied({ tool: 'later' }));
    expect(written.at(-1)).toMatchObject({ tool: 'later' });
  });

  it('writes the count by itself within a second', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { refuse, written } = folding();
      for (let n = 0; n < 10; n++) refuse(denied());
      vi.advanceTimersByTime(1000);
      expect(total(written)).toBe(10);
    } finally {
      vi.useRealTimers();
    }
  });

  it('counts on while the log cannot be written, and loses nothing', async () => {
    const { refuse, flush, written, breakDown } = folding();
    for (let n = 0; n < 10; n++) refuse(denied());
    breakDown(true);
    flush();
    for (let n = 0; n < 5; n++) refuse(denied({ error_code: 'RATE_LIMITED' }));
    await Promise.resolve();
    breakDown(false);
    flush();
    await Promise.resolve();
    flush();
    expect(total(written)).toBe(15);
    expect(written.at(-1)?.detail).toMatchObject({ codes: { DENIED_BY_POLICY: 7, RATE_LIMITED: 5 } });
  });

  it('property: the sum is what was refused, however many principals there are', () => {
    const principals = fc.array(fc.nat(40), { maxLength: 200 });
    fc.assert(
      fc.property(principals, (names) => {
        const written: AuditRecord[] = [];
        const limits = { ...FOLD_LIMITS, burst: 2, principals: 8, now: () => 0 };
        const { refuse, flush } = foldRefusals({ append: (record) => void written.push(record) }, limits);
        for (const name of names) refuse(denied({ principal: `p${name}` }));
        flush();
        expect(total(written)).toBe(names.length);
        expect(written.length).toBeLessThanOrEqual(3 * 9);
      }),
    );
  });

  it('is chained, and written when the log is closed', async () => {
    const { audit, path } = openTestAudit({ fold: { ...FOLD_LIMITS, burst: 1 } });
    for (let n = 0; n < 1000; n++) audit.refuse(denied());
    await audit.close();
    expect(recordsOf(path)).toMatchObject([
      { operation: 'execute_tool' },
      { operation: 'refusals', detail: { count: 999 } },
    ]);
    expect(verifyLog(path)).toMatchObject({ ok: true, records: 2 });
  });
});
