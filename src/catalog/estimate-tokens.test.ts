import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, it } from 'vitest';
import { createLab, stdioServer } from '../upstream/testing.ts';
import { estimateLong, estimateTokens, TokenCount } from './estimate-tokens.ts';

const root = new URL('../../', import.meta.url);
const text = (path: string): string => readFileSync(new URL(path, root), 'utf8');
const error = (sample: string): number => Math.abs(estimateTokens(sample) / encode(sample).length - 1);

describe('the estimate', () => {
  it('is the same piece by piece', async () => {
    const sample = fc.string({ unit: fc.constantFrom('a', 'B', ' ', '\n', '1', '{', 'é'), maxLength: 60 });
    fc.assert(
      fc.property(sample, fc.nat(60), (whole, at) => {
        const count = new TokenCount();
        count.read(whole, 0, Math.min(at, whole.length));
        count.copy().read(whole, Math.min(at, whole.length), whole.length);
        count.read(whole, Math.min(at, whole.length), whole.length);
        expect(count.total).toBe(estimateTokens(whole));
      }),
    );
    const long = 'someText, 1234 {}\n'.repeat(40_000);
    expect(await estimateLong(long)).toBe(estimateTokens(long));
  });

  it.each([
    ['everything', ['stdio']],
    ['filesystem', ['/tmp']],
    ['memory', []],
  ])('is within 6 %% for the tools of server-%s, and within 15 %% for each of them', async (name, args) => {
    const { upstreams } = createLab();
    const { pathname } = new URL(`node_modules/@modelcontextprotocol/server-${name}/dist/index.js`, root);
    const link = await upstreams.lease(stdioServer(pathname, args), { timeoutMs: 20_000 });
    const reply = await link.request('tools/list', '', { timeoutMs: 20_000 });
    await upstreams.close();
    if (!reply.ok) throw new Error(reply.message);
    const { tools } = JSON.parse(reply.result.text) as { tools: Record<string, unknown>[] };
    const definitions = tools.map((tool) => {
      const { description, inputSchema } = tool;
      return JSON.stringify({ name: tool['name'], description, inputSchema });
    });
    expect(error(`[${definitions.join(',')}]`)).toBeLessThan(0.06);
    for (const definition of definitions) expect(error(definition), definition).toBeLessThan(0.15);
  });

  it.each([
    'package.json',
    'biome.json',
    'tsconfig.json',
    'LICENSE',
    'node_modules/zod/README.md',
    'node_modules/commander/Readme.md',
    'node_modules/undici/README.md',
    'node_modules/pino/README.md',
  ])('is within 10 %% for %s', (path) => {
    expect(error(text(path))).toBeLessThan(0.1);
  });

  it('never is negative, and grows with the text', () => {
    expect(estimateTokens('')).toBe(0);
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (sample) => {
        const tokens = estimateTokens(sample);
        expect(tokens).toBeGreaterThanOrEqual(0);
        expect(estimateTokens(`${sample} and`)).toBeGreaterThanOrEqual(tokens);
      }),
    );
  });
});
