/** Results that are kept: within bytes and time, and never for somebody else. */
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { ToolEntry } from '../../catalog/tool-entry.ts';
import type { CacheTerms } from '../../config/overrides/overrides.ts';
import type { ServerDefinition } from '../../config/snapshot.ts';
import { ByteBudget } from '../../shared/byte-budget.ts';
import type { ToolContext } from '../operation.ts';
import { KeptCall } from './kept-call.ts';
import { KeptResults } from './kept-results.ts';

const TERMS: CacheTerms = { ttlMs: 100, maxBytes: 4_000, isPublic: false };
const bodyOf = (text: string) => ({ text, metaAt: -1 });

describe('the store', () => {
  const key = (call: string, changes = 0) => ({ tool: 't', call, owner: 'o', changes });

  test('has a result until its time is over, or something changed', () => {
    let now = 0;
    const store = new KeptResults(new ByteBudget(), () => now);
    store.keep(key('a'), bodyOf('{}'), TERMS);
    now = 99;
    expect(store.find(key('a'))?.body.text).toBe('{}');
    expect(store.find({ ...key('a'), tool: 'u' })).toBeUndefined();
    expect(store.find(key('a', 1))).toBeUndefined();
    store.keep(key('a'), bodyOf('{}'), TERMS);
    now = 199;
    expect(store.find(key('a'))).toBeUndefined();
  });

  it('never has more bytes than it may, and gives up what was not used for longest', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(9), fc.nat(5_000)), { maxLength: 40 }), (steps) => {
        const budget = new ByteBudget({ maxPerOwner: 3_000 });
        const store = new KeptResults(budget, () => 0);
        for (const [call, bytes] of steps) {
          store.keep(key(String(call)), bodyOf('x'.repeat(bytes)), TERMS);
          const kept = Array.from({ length: 10 }, (_, one) => store.find(key(String(one)))?.body.text.length ?? 0);
          const all = kept.reduce((sum, one) => sum + one, 0);
          expect(all).toBeLessThanOrEqual(3_000);
          expect(budget.used).toBeGreaterThanOrEqual(all);
          expect(budget.used).toBeLessThanOrEqual(3_000);
          expect(kept[call] === 0 || kept[call] === bytes).toBe(true);
        }
      }),
      { numRuns: 50 },
    );
  });
});

describe('a call', () => {
  const server: ServerDefinition = {
    name: 's',
    key: 'k',
    description: undefined,
    timeoutMs: undefined,
    link: { transport: 'http', url: 'http://127.0.0.1/', headers: new Map() },
  };
  const own: ServerDefinition = {
    ...server,
    key: 'own',
    link: { transport: 'http', url: 'http://127.0.0.1/', headers: new Map(), credentials: 'per-principal' },
  };
  const entry = (hash: string): ToolEntry => ({
    name: 't',
    title: undefined,
    description: undefined,
    raw: '{}',
    inputSchema: '{}',
    annotations: { readOnlyHint: true },
    paramHeaders: [],
    hash,
  });
  const contextOf = (owner: string, era = 'modern', capabilities = '{}') =>
    ({
      snapshot: { policy: { accessOf: (_server: string, _tool: string, said: string) => said } },
      catalog: { changesOf: () => 0 },
      relay: { owner, client: { era, capabilities, requestCapabilities: capabilities } },
    }) as unknown as ToolContext;

  it('never gets the result of another principal, tool, definition or arguments: 0 of 20,000', () => {
    const store = new KeptResults(new ByteBudget());
    const pick = <T>(values: readonly T[]): T => values[Math.floor(Math.random() * values.length)] as T;
    let hits = 0;
    for (let count = 0; count < 20_000; count++) {
      const owner = pick(['ana', 'bob', 'ana\n', '["ana"]', 'eve', '']);
      const at = pick([server, own]);
      const tool = pick(['t', 'u']);
      const isPublic = pick([true, false]) && tool === 'u';
      const args = pick(['{"a":1}', '{"a":2}', '{ "a" : 1.0 }', '{"a":"1"}', '{"a":1,"a":2}', '{}']);
      const hash = pick(['h1', 'h2']);
      const era = pick(['modern', 'legacy']);
      const call = new KeptCall(store, {
        context: contextOf(owner, era),
        server: at,
        tool,
        args,
        terms: { ...TERMS, ttlMs: 1e9, maxBytes: 1e9, isPublic },
      });
      const plain = args.replace(/ /g, '').replace('1.0', '1');
      // What was made for whom; a result for all is not made for one.
      const canary = JSON.stringify([
        isPublic && at === server ? 'all' : `of ${owner}`,
        at.key,
        tool,
        plain,
        hash,
        era,
      ]);
      const found = call.find(entry(hash));
      if (found === undefined) call.keep(entry(hash), bodyOf(canary));
      else {
        hits++;
        expect(found.text).toBe(canary);
      }
    }
    expect(hits).toBeGreaterThan(15_000);
  });

  test.each([
    ['a failure', { ...bodyOf('{}'), isError: true }, 'read'],
    ['a task', bodyOf('{"task":{}}'), 'read'],
    ['a task of 2026-07-28', { ...bodyOf('{}'), resultType: 'task' }, 'read'],
    ['a question', { ...bodyOf('{}'), resultType: 'input_required' }, 'read'],
    ['the answer to a question', bodyOf('{}'), 'asked'],
    ['what a tool that may write says', bodyOf('{}'), 'write'],
  ])('%s is never kept', (_what, body, how) => {
    const store = new KeptResults(new ByteBudget());
    const call = new KeptCall(store, { context: contextOf('ana'), server, tool: 't', args: '{}', terms: TERMS });
    const tool = how === 'write' ? { ...entry('h'), annotations: {} } : entry('h');
    if (how === 'asked') call.asked();
    call.keep(tool, body);
    expect(call.find(tool)).toBeUndefined();
    expect(call.find(entry('h'))).toBeUndefined();
  });
});
