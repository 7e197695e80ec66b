import { expect, it } from 'vitest';
import { withResultTerms } from './result-terms.ts';
import type { ServerDefinition } from './snapshot.ts';

const server = (name: string): [string, ServerDefinition] => [
  name,
  {
    name,
    key: name,
    description: undefined,
    timeoutMs: undefined,
    link: { transport: 'stdio', command: name, args: [], env: new Map(), cwd: undefined },
  },
];

it('all patterns that match count together, and connections stay', () => {
  const servers = new Map([server('crm'), server('mail'), server('web')]);
  const rules = new Map([
    ['c*', { redact: ['emails' as const, 'keys' as const] }],
    ['crm', { strip_invisible: true, redact: ['cards' as const, 'keys' as const] }],
    ['mail', { redact: [] }],
  ]);
  const found = withResultTerms(servers, rules);
  expect(found.get('crm')).toMatchObject({
    key: 'crm',
    results: { stripInvisible: true, redact: ['keys', 'cards', 'emails'] },
  });
  expect(found.get('mail')?.results).toBeUndefined();
  expect(found.get('web')).toBe(servers.get('web'));
  expect(withResultTerms(servers, undefined)).toBe(servers);
});
