import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createUsageLearner, type UsageLearner } from './learn-usage.ts';
import { openUses, type UsesFile } from './usage-file.ts';
import {
  MAX_USES,
  MAX_USES_OF_AGENT,
  readUses,
  type ToolUse,
  tellingWords,
  usesText,
  withUse,
} from './usage-history.ts';

const use = (words: string[], tool: string, agent = 'a') => ({ agent, words, server: 's', tool });

describe('what is remembered', () => {
  it('is the telling words of a question, without numbers', () => {
    expect(tellingWords('Please wake the on-call person, +49 30 1234567, for ticket ABC-99!')).toEqual(
      ['abc', 'call', 'person', 'ticket', 'wake'].sort(),
    );
    expect(tellingWords('could you please')).toEqual([]);
    expect(tellingWords('Ist das ein schöner Tag? 天気予報')).toContain('schoner');
  });

  it('is bounded, of each agent and of all, and the oldest goes first', () => {
    const many = (count: number, agentOf: (at: number) => string): ToolUse[] =>
      Array.from({ length: count }, (_, at) => ({
        ...use([`w${at}`], 't', agentOf(at)),
        count: 1,
        last: '2030-01-01',
      }));
    const [other] = many(1, () => 'other');
    const full = withUse([other as ToolUse, ...many(MAX_USES_OF_AGENT, () => 'a')], use(['new'], 't'), '2030-01-01');
    expect(full).toHaveLength(MAX_USES_OF_AGENT + 1);
    expect([full[0], full[1]?.words, full.at(-1)?.words]).toEqual([other, ['w1'], ['new']]);
    const all = withUse(
      many(MAX_USES, (at) => `agent-${at}`),
      use(['new'], 't'),
      '2030-01-01',
    );
    expect(all).toHaveLength(MAX_USES);
    expect(all[0]?.agent).toBe('agent-1');
    expect(withUse(all, use(['new'], 't'), '2030-01-02')).toHaveLength(MAX_USES);
  });

  it('counts what happens again', () => {
    const once = withUse([], use(['read'], 'x'), '2030-01-01');
    const twice = withUse(withUse(once, use(['write'], 'x'), '2030-01-01'), use(['read'], 'x'), '2030-01-02');
    expect(twice.map(({ words, count, last }) => [...words, count, last])).toEqual([
      ['write', 1, '2030-01-01'],
      ['read', 2, '2030-01-02'],
    ]);
    expect(withUse(once, use([], 'x'), '2030-01-01')).toBe(once);
    expect(withUse(once, use(['w'], 'x'.repeat(1000)), '2030-01-01')).toBe(once);
  });

  it('is read back as it was written, and nothing else is read', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ maxLength: 20 }), fc.string({ maxLength: 20 }))), (pairs) => {
        let uses: readonly ToolUse[] = [];
        for (const [word, tool] of pairs) uses = withUse(uses, use([word], tool), '2030-01-01');
        expect(readUses(usesText(uses))).toEqual(uses);
      }),
    );
    for (const text of ['', 'null', '[]', '{"uses":1}', '{"uses":[null,1,{"agent":"a"}]}']) {
      expect(readUses(text)).toEqual([]);
    }
  });
});

describe('learning', () => {
  let folder: string;
  let file: UsesFile;
  let learning: UsageLearner;
  let now = 0;
  const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };
  beforeEach(() => {
    folder = mkdtempSync(`${tmpdir()}/uses-`);
    file = openUses(folder);
    learning = createUsageLearner(file, log, () => now);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const found = [{ server: 's', tool: 'found' }];
  const used = async (...tools: string[]): Promise<void> => {
    for (const tool of tools) learning.executed('caller', { server: 's', tool });
    await learning.close();
  };
  const tools = async (): Promise<string[]> => (await file.read()).map(({ tool }) => tool);

  it('remembers the first tool that was used, and further ones that were found', async () => {
    learning.searched('caller', 'a', 'wake the person on call', found);
    await used('missed', 'found', 'unrelated');
    expect(await tools()).toEqual(['missed', 'found']);
    expect(statSync(file.path).mode & 0o777).toBe(0o600);
  });

  it('remembers nothing without a question, long after it, or for another caller', async () => {
    await used('found');
    learning.searched('other', 'a', 'wake', found);
    await used('found');
    learning.searched('caller', 'a', 'wake', found);
    now += 600_001;
    await used('found');
    learning.searched('caller', 'a', 'please', found);
    await used('found');
    expect(await tools()).toEqual([]);
  });

  it('suggests to the same agent, for similar questions, the more the more often', async () => {
    learning.searched('caller', 'a', 'wake the person on call', found);
    await used('found');
    const strength = async (agent: string, query: string): Promise<number | undefined> =>
      (await learning.suggestions(agent, query))[0]?.strength;
    const once = (await strength('a', 'waking the persons on call')) ?? 0;
    expect(once).toBeCloseTo(0.5);
    expect(await strength('a', 'wake the call')).toBeLessThan(once);
    expect(await strength('a', 'wake up and send a letter')).toBeUndefined();
    expect(await strength('a', '')).toBeUndefined();
    expect(await strength('b', 'wake the person on call')).toBeUndefined();
    learning.searched('caller', 'a', 'wake the person on call', found);
    await used('found');
    expect(await strength('a', 'wake the person on call')).toBeGreaterThan(once);
  });

  it('forgets at once what another process forgets, and loses nothing of what it adds', async () => {
    const other = createUsageLearner(openUses(folder), log, () => now);
    learning.searched('caller', 'a', 'wake', found);
    other.searched('caller', 'a', 'sleep', found);
    for (const one of [learning, other]) one.executed('caller', found[0] ?? { server: '', tool: '' });
    await Promise.all([learning.close(), other.close()]);
    expect((await file.read()).map(({ words }) => words).sort()).toEqual([['sleep'], ['wake']]);
    await openUses(folder).update(() => []);
    expect(await learning.suggestions('a', 'wake')).toEqual([]);
    writeFileSync(file.path, 'damaged');
    expect(await learning.suggestions('a', 'wake')).toEqual([]);
  });
});
