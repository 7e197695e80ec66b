import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { Canceller } from '../shared/cancel.ts';
import type { Approvals } from './approvals.ts';
import type { Bound } from './question.ts';
import { asked, BOUND, newApprovals, newFolder, OWNER } from './testing.ts';

const never = new Canceller();

describe('a yes', () => {
  it('is for one call', async () => {
    const { approvals, records } = newApprovals();
    const question = await approvals.ask(asked());
    expect(await approvals.answer(question.id, { word: 'once' }, OWNER)).toBe('taken');
    expect(await approvals.use(question)).toBe(true);
    expect(await approvals.use(question)).toBe(false);
    expect((await approvals.ask(asked())).id).not.toBe(question.id);
    expect(records.map(({ operation, decision }) => [operation, decision])).toEqual([
      ['approval_asked', 'ASK'],
      ['approval_answered', 'ALLOW'],
      ['approval_asked', 'ASK'],
    ]);
    expect(records[1]).toMatchObject({
      principal: 'alice',
      agent_id: 'researcher',
      server: 'files',
      tool: 'write_file',
      rule: BOUND.rule,
      detail: { question: question.id, answer: 'once', way: 'cli', by: 'owner' },
    });
  });

  it('is used by one of many that wait for it, in one process or several', async () => {
    const folder = newFolder();
    const processes = [1, 2, 3].map(() => newApprovals({ folder }).approvals);
    const [first] = processes as [Approvals];
    const question = await first.ask(asked());
    await first.answer(question.id, { word: 'once' }, OWNER);
    const used = await Promise.all([1, 2, 3].flatMap(() => processes.map((approvals) => approvals.use(question))));
    expect(used.filter((isUsed) => isUsed)).toHaveLength(1);
  });

  it('survives the end of the process that asked', async () => {
    const folder = newFolder();
    const question = await newApprovals({ folder }).approvals.ask(asked());
    const next = newApprovals({ folder });
    expect((await next.approvals.open.waiting()).map(({ id }) => id)).toEqual([question.id]);
    await next.approvals.answer(question.id, { word: 'once' }, OWNER);
    const same = await newApprovals({ folder }).approvals.ask(asked());
    expect(same).toEqual(question);
    expect(await next.approvals.use(same)).toBe(true);
    expect(next.told).toEqual([]);
  });
});

describe('an answer to one call is none to another:', () => {
  const others: Record<keyof Bound, string> = {
    owner: 'bob',
    agent: 'other',
    ceiling: 'ceiling',
    session: 's2',
    server: 'mail',
    serverKey: 'k2',
    operation: 'execute_tool',
    kind: 'prompt',
    name: 'delete_file',
    arguments: 'a2',
    definition: 'd2',
    rules: 'r2',
    rule: 'agents.researcher.ask.tools.files[1]',
  };

  it.each(Object.entries(others))('another %s', async (field, other) => {
    const { approvals } = newApprovals();
    const question = await approvals.ask(asked());
    await approvals.answer(question.id, { word: 'once' }, OWNER);
    const changed = asked({ [field]: other });
    const another = await approvals.ask(changed);
    expect(another.id).not.toBe(question.id);
    expect(await approvals.answerTo(another)).toBeUndefined();
    expect(await approvals.use(another)).toBe(false);
    // Whoever changes what is in memory gets no further.
    expect(await approvals.use({ ...another, id: question.id, bound: another.bound })).toBe(false);
  });

  it.each(Object.entries(others))('a file that says another %s than its name', async (field, other) => {
    const folder = newFolder();
    const { approvals } = newApprovals({ folder });
    const question = await approvals.ask(asked());
    const path = join(folder, readdirSync(folder).find((name) => name.endsWith('.question')) ?? '');
    const kept = JSON.parse(readFileSync(path, 'utf8')) as { readonly bound: object };
    // Questions of earlier versions are read: the owner is called as it always was in files.
    expect(kept.bound).toHaveProperty('principal', BOUND.owner);
    const name = field === 'owner' ? 'principal' : field;
    writeFileSync(path, JSON.stringify({ ...kept, bound: { ...kept.bound, [name]: other } }));
    expect(await approvals.answer(question.id, { word: 'once' }, OWNER)).toBe('unknown');
    expect((await approvals.ask(asked())).id).not.toBe(question.id);
  });

  it.each([
    ['session', { session: undefined }],
    ['definition', { definition: undefined }],
  ])('no %s', async (_what, missing) => {
    const { approvals } = newApprovals();
    const question = await approvals.ask(asked());
    expect((await approvals.ask(asked(missing))).id).not.toBe(question.id);
  });
});

describe('an answer is refused', () => {
  it('that is the second one', async () => {
    const { approvals } = newApprovals();
    const { id } = await approvals.ask(asked());
    expect(await approvals.answer(id, { word: 'no' }, OWNER)).toBe('taken');
    expect(await approvals.answer(id, { word: 'once' }, OWNER)).toBe('answered');
  });

  it('of all but one where many come at once', async () => {
    const folder = newFolder();
    const [one, other] = [newApprovals({ folder }).approvals, newApprovals({ folder }).approvals];
    const { id } = await one.ask(asked());
    const outcomes = await Promise.all(
      [one, other, one, other].map((approvals, at) => approvals.answer(id, { word: at > 1 ? 'no' : 'once' }, OWNER)),
    );
    expect(outcomes.filter((outcome) => outcome === 'taken')).toHaveLength(1);
  });

  it('after the call that it was for', async () => {
    const { approvals } = newApprovals();
    const question = await approvals.ask(asked());
    await approvals.answer(question.id, { word: 'once' }, OWNER);
    await approvals.use(question);
    expect(await approvals.answer(question.id, { word: 'once' }, OWNER)).toBe('unknown');
  });

  it('to a question that nobody asked', async () => {
    expect(await newApprovals().approvals.answer('0'.repeat(32), { word: 'once' }, OWNER)).toBe('unknown');
    expect(await newApprovals().approvals.answer('../../x', { word: 'once' }, OWNER)).toBe('unknown');
  });

  it('of another principal than the one that asked', async () => {
    const { approvals } = newApprovals();
    const { id } = await approvals.ask(asked());
    const by = { way: 'client', who: 'bob' } as const;
    expect(await approvals.answer(id, { word: 'once' }, by, 'bob')).toBe('unknown');
    expect(await approvals.answer(id, { word: 'once' }, by, 'alice')).toBe('taken');
  });

  it('that comes a way which the rules do not have, or is not offered', async () => {
    const { approvals } = newApprovals();
    const { id } = await approvals.ask(asked({}, { via: ['client'], remember: false }));
    expect(await approvals.answer(id, { word: 'once' }, OWNER)).toBe('not allowed');
    expect(await approvals.answer(id, { word: 'hour' }, { way: 'client', who: 'alice' })).toBe('not allowed');
  });

  it('after the question expired, and its use after it expired itself', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const { approvals, records } = newApprovals();
      const late = await approvals.ask(asked());
      const inTime = await approvals.ask(asked({ name: 'other' }));
      vi.setSystemTime(Date.now() + 299_000);
      await approvals.answer(inTime.id, { word: 'once' }, OWNER);
      vi.setSystemTime(Date.now() + 2_000);
      expect(await approvals.answer(late.id, { word: 'once' }, OWNER)).toBe('expired');
      expect((await approvals.ask(asked({ name: 'other' }))).id).toBe(inTime.id);
      vi.setSystemTime(Date.now() + 300_000);
      expect(await approvals.use(inTime)).toBe(false);
      expect(await approvals.open.waiting()).toEqual([]);
      await approvals.expire();
      expect(records.filter(({ operation }) => operation === 'approval_expired').map(({ detail }) => detail)).toEqual([
        { question: late.id },
      ]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('where the clock was set back meanwhile', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const { approvals } = newApprovals();
      const { id } = await approvals.ask(asked());
      vi.setSystemTime(Date.now() - 3_600_000);
      expect(await approvals.answer(id, { word: 'once' }, OWNER)).toBe('expired');
    } finally {
      vi.useRealTimers();
    }
  });

  it('without its record', async () => {
    const folder = newFolder();
    const { id } = await newApprovals({ folder }).approvals.ask(asked());
    const append = (): Promise<void> => Promise.reject(new Error('no space'));
    const { approvals } = newApprovals({
      folder,
      audit: { append, refuse: () => undefined, close: () => Promise.resolve() },
    });
    await expect(approvals.answer(id, { word: 'once' }, OWNER)).rejects.toThrow('no space');
    expect((await approvals.open.waiting()).map((question) => question.id)).toEqual([id]);
  });
});

describe('a no', () => {
  it('stands until the question expires, with its reason', async () => {
    const { approvals } = newApprovals();
    const question = await approvals.ask(asked());
    await approvals.answer(question.id, { word: 'no', reason: 'Use the staging table.' }, OWNER);
    expect(await approvals.use(question)).toBe(false);
    const again = await approvals.ask(asked());
    expect(again.id).toBe(question.id);
    expect(await approvals.answerTo(again)).toMatchObject({ word: 'no', reason: 'Use the staging table.' });
  });
});

describe('what lasts', () => {
  it.each([
    ['session', { session: 's2' }],
    ['hour', { owner: 'bob' }],
  ] as const)('for a %s covers any arguments, of nobody and nothing else', async (word, other) => {
    const { approvals } = newApprovals();
    const question = await approvals.ask(asked());
    await approvals.answer(question.id, { word }, OWNER);
    expect(await approvals.isGranted(BOUND)).toBe(false);
    await approvals.use(question);
    expect(await approvals.isGranted(BOUND)).toBe(true);
    expect(await approvals.isGranted({ ...BOUND, arguments: 'a2' })).toBe(true);
    const changes = ['agent', 'ceiling', 'server', 'serverKey', 'operation', 'name', 'definition', 'rules', 'rule'];
    for (const changed of [other, ...changes.map((field) => ({ [field]: 'another' }))]) {
      expect(await approvals.isGranted({ ...BOUND, ...changed }), JSON.stringify(changed)).toBe(false);
    }
  });

  it('for an hour does so in every session and process, and no longer', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    try {
      const folder = newFolder();
      const { approvals } = newApprovals({ folder });
      const question = await approvals.ask(asked());
      await approvals.answer(question.id, { word: 'hour' }, OWNER);
      await approvals.use(question);
      const next = newApprovals({ folder }).approvals;
      expect(await next.isGranted({ ...BOUND, session: 's2' })).toBe(true);
      vi.setSystemTime(Date.now() + 3_600_000);
      expect(await next.isGranted(BOUND)).toBe(false);
      await next.expire();
      expect(readdirSync(folder).filter((name) => name.endsWith('.grant'))).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('for a session is not offered where there is none, and nothing is where the rules say so', async () => {
    const { approvals } = newApprovals();
    expect((await approvals.ask(asked({ session: undefined }))).answers).toEqual(['once', 'hour', 'no']);
    expect((await approvals.ask(asked({}, { remember: false }))).answers).toEqual(['once', 'no']);
  });
});

describe('waiting', () => {
  it.each([
    ['answered', (approvals: Approvals, id: string) => approvals.answer(id, { word: 'no' }, OWNER)],
    ['reloaded', (approvals: Approvals) => approvals.reloaded()],
  ] as const)('ends when it is %s', async (what, act) => {
    const { approvals } = newApprovals();
    const question = await approvals.ask(asked());
    const waiting = approvals.wait(question, 60_000, never);
    await act(approvals, question.id);
    expect(await waiting).toBe(what);
  });

  it('ends when another process answers, or uses the answer up', async () => {
    const folder = newFolder();
    const [one, other] = [newApprovals({ folder }).approvals, newApprovals({ folder }).approvals];
    const question = await one.ask(asked());
    const waiting = one.wait(question, 60_000, never);
    await other.answer(question.id, { word: 'once' }, OWNER);
    expect(await waiting).toBe('answered');
    await other.use(question);
    expect(await one.wait(question, 60_000, never)).toBe('gone');
  });

  it('ends when its time or that of the question is over', async () => {
    const { approvals } = newApprovals();
    const question = await approvals.ask(asked());
    expect(await approvals.wait(question, 1, never)).toBe('late');
    const short = await approvals.ask(asked({ name: 'short' }, { timeoutMs: 1 }));
    expect(await approvals.wait(short, 60_000, never)).toBe('expired');
  });

  it('ends with its caller', async () => {
    const { approvals } = newApprovals();
    const question = await approvals.ask(asked());
    const caller = new Canceller();
    const waiting = approvals.wait(question, 60_000, caller);
    caller.abort(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
  });
});

it('keeps 1,000 questions apart that are asked and answered at once', { timeout: 60_000 }, async () => {
  const folder = newFolder();
  const [one, other] = [newApprovals({ folder, most: 1000 }).approvals, newApprovals({ folder, most: 1000 }).approvals];
  const results = await Promise.all(
    Array.from({ length: 1000 }, async (_, at) => {
      const approvals = at % 2 === 0 ? one : other;
      const question = await approvals.ask(asked({ arguments: `a${at}`, owner: `p${at % 7}` }));
      const waiting = approvals.wait(question, 60_000, never);
      // Every third one is denied, with a reason of its own.
      const said = at % 3 === 0 ? ({ word: 'no', reason: `r${at}` } as const) : ({ word: 'once' } as const);
      await (at % 4 === 0 ? one : other).answer(question.id, said, OWNER);
      expect(await waiting).toBe('answered');
      return { reason: (await approvals.answerTo(question))?.reason, used: await approvals.use(question) };
    }),
  );
  const crossed = results.filter(({ reason, used }, at) =>
    at % 3 === 0 ? used || reason !== `r${at}` : !used || reason !== undefined,
  );
  expect(crossed).toEqual([]);
});

it('lets one principal have so many questions, and others theirs', async () => {
  const { approvals } = newApprovals({ most: 2 });
  await approvals.ask(asked({ name: '1' }));
  await approvals.ask(asked({ name: '2' }));
  await expect(approvals.ask(asked({ name: '3' }))).rejects.toMatchObject({ code: 'RATE_LIMITED' });
  await approvals.ask(asked({ name: '2' }));
  await approvals.ask(asked({ name: '3', owner: 'bob' }));
});

it('keeps its files for this account alone', async () => {
  const folder = join(newFolder(), 'new');
  const { approvals } = newApprovals({ folder });
  const question = await approvals.ask(asked());
  await approvals.answer(question.id, { word: 'no' }, OWNER);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
  for (const name of readdirSync(folder)) expect(statSync(join(folder, name)).mode & 0o777, name).toBe(0o600);
});
