import { describe, expect, it } from 'vitest';
import type { Approvals, Woken } from '../approvals/approvals.ts';
import { asked, BOUND, newApprovals, TERMS } from '../approvals/testing.ts';
import { silentClient } from '../relay/calling-client.ts';
import { Canceller } from '../shared/cancel.ts';
import { Asking } from './asking.ts';
import type { Call } from './decide-call.ts';

type Via = typeof TERMS.via;

function calling(via: Via, woken: Woken, onWait?: (message: string | undefined) => void) {
  const { approvals } = newApprovals();
  const waits: number[] = [];
  approvals.wait = async (_question, ms) => {
    waits.push(ms);
    return woken;
  };
  const call = {
    inbound: {
      connection: { owner: 'alice', principal: 'alice', subject: undefined },
      client: silentClient('legacy'),
      signal: new Canceller(),
      ...(onWait && { onWait, onProgress: () => undefined }),
    },
    snapshot: { approvals: { ...TERMS, via }, paths: { rules: '/rules.json' } },
    requestId: 'q',
    startedAt: performance.now(),
    operation: { name: 'execute_tool' },
  } as unknown as Call;
  const parts = { approvals: approvals as Approvals, tools: new Map(), redact: (text: string) => text };
  const ask = () => new Asking(parts, call).ask({ bound: BOUND, access: undefined });
  return { approvals, call, waits, ask };
}

describe('a call that asks', () => {
  it('without progress gives up before its client does, and leaves the question', async () => {
    const { ask, waits, approvals } = calling(['cli'], 'late');
    await expect(ask()).rejects.toMatchObject({ code: 'APPROVAL_PENDING' });
    expect(waits[0]).toBeGreaterThan(40_000);
    expect(waits[0]).toBeLessThanOrEqual(50_000);
    expect(await approvals.open.waiting()).toHaveLength(1);
  });

  it('with progress waits for as long as the question, and says so', async () => {
    const told: unknown[] = [];
    const { ask, waits } = calling(['cli'], 'expired', (message) => told.push(message));
    await expect(ask()).rejects.toMatchObject({ code: 'APPROVAL_DENIED', message: expect.stringContaining('in time') });
    expect(waits).toEqual([Number.POSITIVE_INFINITY]);
    expect(told).toEqual([expect.stringContaining('Waiting for a person'), undefined]);
  });

  it.each([['answered'], ['gone'], ['reloaded']] as const)('looks again when it was %s', async (woken) => {
    expect(await calling(['cli'], woken).ask()).toBe('again');
  });

  it.each([[['client'] as Via], [['client', 'webhook'] as Via], [[] as Via]])(
    'is refused where nobody can be asked: %j',
    async (via) => {
      const { ask, waits } = calling(via, 'late');
      await expect(ask()).rejects.toMatchObject({ code: 'APPROVAL_DENIED' });
      expect(waits).toEqual([]);
    },
  );

  it('has an approval that it can use twice, and nobody else', async () => {
    const { ask, approvals, call } = calling(['cli'], 'answered');
    const { id } = await approvals.ask(asked());
    await approvals.answer(id, { word: 'once' }, { way: 'cli', who: 'owner' });
    expect(await ask()).toBe('again');
    const { approval } = call;
    expect(await ask()).toBe('again');
    await approval?.use();
    await approval?.use();
    await expect(call.approval?.use()).rejects.toMatchObject({ code: 'APPROVAL_PENDING' });
  });
});
