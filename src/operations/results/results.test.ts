import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { estimateTokens } from '../../catalog/estimate-tokens.ts';
import { silentClient } from '../../relay/calling-client.ts';
import { ByteBudget } from '../../shared/byte-budget.ts';
import { cutAt } from './cut-text.ts';
import { type Fitting, fitted } from './fit-result.ts';
import { createResultStore, type KeptResult } from './result-store.ts';

const kept = (more: Partial<KeptResult> = {}): KeptResult => ({
  ownerAndAgent: 'me',
  owner: 'me',
  server: 's',
  tool: 't',
  text: 'text',
  json: undefined,
  permitted: () => true,
  ...more,
});

describe('a cut', () => {
  it('comes to an end, loses nothing and splits no character', async () => {
    const text = fc.string({
      unit: fc.constantFrom('a', ' ', '\n', '. ', '\u{1F600}', 'é', '{"a":1}'),
      maxLength: 400,
    });
    await fc.assert(
      fc.asyncProperty(text, fc.integer({ min: 1, max: 50 }), async (whole, tokens) => {
        const pieces: string[] = [];
        for (let at = 0; at < whole.length; at += pieces.at(-1)?.length ?? 1) {
          pieces.push(whole.slice(at, await cutAt(whole, at, tokens)));
          expect(pieces.at(-1)).not.toBe('');
        }
        expect(pieces.join('')).toBe(whole);
        for (const piece of pieces) expect(piece).not.toMatch(/[\ud800-\udbff]$/);
        for (const piece of pieces) if (piece.length > 2) expect(estimateTokens(piece)).toBeLessThanOrEqual(tokens);
      }),
      { examples: [['é\u{1F600}. \u{1F600}', 4]] },
    );
  });

  it.each([
    ['words', 'word '],
    ['lines', 'a line of text.\n'],
    ['digits', '0'],
    ['signs', '{[,'],
    ['blanks', ' '],
    ['characters of two units', '\u{1F600}'],
    ['text of everything', 'é\u{1F600}. 0,{"a":1}\n'],
  ])('of long %s is as long as fits', async (_what, unit) => {
    const whole = unit.repeat(Math.ceil(300_000 / unit.length));
    for (const tokens of [100, 5000, 20_000]) {
      const piece = whole.slice(0, await cutAt(whole, 0, tokens));
      expect(estimateTokens(piece)).toBeLessThanOrEqual(tokens);
      const more = whole.slice(0, piece.length + Math.max(100, Math.ceil(piece.length * 0.7)));
      if (piece.length < Math.min(whole.length, tokens * 16)) expect(estimateTokens(more)).toBeGreaterThan(tokens);
    }
  });
});

describe('the store', () => {
  it('gives a result to its owner only, for a while, within bounds', () => {
    const clock = { now: 0 };
    const store = createResultStore({ now: () => clock.now, budget: new ByteBudget({ maxPerOwner: 2 * 1024 + 10 }) });
    const first = store.keep(kept());
    expect(store.find(first, 'me')?.text).toBe('text');
    expect(store.find(first, 'you')).toBeUndefined();
    expect(store.find('r_none', 'me')).toBeUndefined();
    const second = store.keep(kept({ text: 'longer!!' }));
    expect(store.find(first, 'me')).toBeUndefined();
    clock.now += 14 * 60_000;
    expect(store.find(second, 'me')).toBeDefined();
    clock.now += 14 * 60_000;
    expect(store.find(second, 'me')).toBeDefined();
    clock.now += 16 * 60_000;
    expect(store.find(second, 'me')).toBeUndefined();
  });

  it('of one of several gateways says that another one keeps a result', () => {
    const [one, other] = ['a1', 'b2'].map((gatewayId) => createResultStore({ gatewayId, tag: 'w1.' }));
    const handle = one?.keep(kept()) ?? '';
    expect(handle).toMatch(/^r_w1\.a1\.[\w-]{12}$/);
    expect(one?.find(handle, 'me')?.text).toBe('text');
    expect(() => other?.find(handle, 'me')).toThrow(/another replica of the gateway/);
    expect(one?.find(`${handle}x`, 'me')).toBeUndefined();
  });

  it('forgets what is no longer permitted', () => {
    const rules = { open: true };
    const store = createResultStore();
    const handle = store.keep(kept({ permitted: () => rules.open }));
    store.review();
    expect(store.find(handle, 'me')).toBeDefined();
    rules.open = false;
    store.review();
    expect(store.find(handle, 'me')).toBeUndefined();
  });
});

describe('a fitted result', () => {
  const fitting = (maxTokens: number): Fitting => {
    const { ownerAndAgent, owner, server, tool, permitted } = kept();
    const relay = { ownerAndAgent, owner, permission: () => permitted, client: silentClient('modern') };
    return { maxTokens, select: undefined, store: createResultStore(), relay, server, tool };
  };

  it('is the same text where it fits, and where it is not a complete result', async () => {
    const body = { text: '{ "content" : [ {"type":"text","text":"short"} ] }', metaAt: -1 };
    expect(await fitted(body, fitting(1000))).toBe(body);
    const asking = { ...body, text: `{"inputRequests":"${'x '.repeat(5000)}"}`, resultType: 'input_required' };
    expect(await fitted(asking, fitting(10))).toBe(asking);
    const odd = { text: `{"other":"${'x '.repeat(5000)}"}`, metaAt: -1 };
    expect(await fitted(odd, fitting(10))).toBe(odd);
  });

  it('keeps unknown members, failures and the place of _meta', async () => {
    const text = JSON.stringify({
      content: [{ type: 'text', text: 'word '.repeat(1000) }],
      isError: true,
      vendor: { n: 1 },
      _meta: { a: 1 },
    });
    const { text: cut, metaAt } = await fitted({ text, metaAt: text.indexOf('"a":1') }, fitting(50));
    expect(JSON.parse(cut)).toMatchObject({ isError: true, vendor: { n: 1 }, _meta: { a: 1 } });
    expect(cut.slice(metaAt)).toBe('"a":1}}');
    expect(cut.length).toBeLessThan(600);
  });
});
