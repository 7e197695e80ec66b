import { expect, it } from 'vitest';
import { shownRules } from './shown-rules.ts';

const KEY = 'T0k3nAbCdEfGhIjKlMnOpQrStUvWxYz12';

it('whoever only looks sees neither hashes nor what is secret in an address', () => {
  const hash = 'ab'.repeat(32);
  const rules = {
    principals: { a: { token_sha256: hash }, b: { token_sha256: 'cd'.repeat(32) } },
    approvals: { webhook: { url: `https://ann:${KEY}@hooks.example/${KEY}?token=${KEY}&x=1` } },
    search: { embeddings: { url: 'https://vectors.example/v1' } },
  };
  for (const text of [JSON.stringify(rules), JSON.stringify(rules).replaceAll('/', '\\/')]) {
    const shown = shownRules(text);
    expect(shown).not.toMatch(new RegExp(`${KEY}|${hash}`));
    const read = JSON.parse(shown) as typeof rules;
    expect(read.approvals.webhook.url).toBe('https://ann:hidden@hooks.example/hidden?token=hidden&x=1');
    expect(read.search).toEqual(rules.search);
    expect(read.principals.a.token_sha256).toMatch(/^\d{64}$/);
    expect(read.principals.a).not.toEqual(read.principals.b);
  }
});
