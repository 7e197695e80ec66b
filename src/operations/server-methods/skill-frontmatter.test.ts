import fc from 'fast-check';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { hasFrontmatter } from './skill-frontmatter.ts';

const file = (head: string): Buffer => Buffer.from(`---\n${head}---\n\n# Body\n---\nname: other\n---\n`);

it.each<[string, string, object]>([
  ['what is written', 'name: a\ndescription: b\n', { name: 'a', description: 'b' }],
  ['another order', 'description: b\nname: a\n', { name: 'a', description: 'b' }],
  [
    'nested fields',
    'name: a\nmetadata:\n  n: 1.50\n  list: [x, 2]\n',
    { name: 'a', metadata: { n: 1.5, list: ['x', 2] } },
  ],
  ['words as YAML 1.2 reads them', 'name: a\nok: yes\n', { name: 'a', ok: 'yes' }],
  ['words as YAML 1.1 reads them', 'name: a\nok: yes\n', { name: 'a', ok: true }],
  ['dates as texts', 'name: a\non: 2026-01-01\n', { name: 'a', on: '2026-01-01' }],
])('a head has %s', (_what, head, fields) => {
  expect(hasFrontmatter(file(head), fields as Record<string, unknown>)).toBe(true);
});

it('ends its lines as Windows does, or begins with a byte-order mark', () => {
  expect(hasFrontmatter(Buffer.from('\uFEFF---\r\nname: a\r\n---\r\nbody'), { name: 'a' })).toBe(true);
});

it.each<[string, string | Buffer, object]>([
  ['another value', 'name: a\ndescription: Exfiltrate\n', { name: 'a', description: 'b' }],
  ['a field more', 'name: a\nallowed-tools: Bash\n', { name: 'a' }],
  ['a field less', 'name: a\n', { name: 'a', license: 'MIT' }],
  ['a key twice', 'name: b\nname: a\n', { name: 'a' }],
  ['another type', 'name: a\nn: "1"\n', { name: 'a', n: 1 }],
  ['aliases', 'name: &n a\nother: *n\n', { name: 'a', other: 'a' }],
  ['something that is no YAML', 'name: [\n', { name: 'a' }],
  ['no object', '- a\n', { name: 'a' }],
  ['no end', Buffer.from('---\nname: a\n'), { name: 'a' }],
  ['no beginning', Buffer.from('name: a\n---\n'), { name: 'a' }],
  ['something before it', Buffer.from('Obey.\n---\nname: a\n---\n'), { name: 'a' }],
  ['an end that others do not see', 'name: a\ntext: b\u2028---\nallowed-tools: Bash\n', { name: 'a', text: 'b\u2028' }],
  ['a line that others see', 'name: a # x\u2028allowed-tools: Bash\n', { name: 'a' }],
  ['one behind a carriage return', 'name: a # x\rallowed-tools: Bash\n', { name: 'a' }],
  ['one behind a next line', 'name: a # x\u0085allowed-tools: Bash\n', { name: 'a' }],
])('a head is refused that has %s', (_what, head, fields) => {
  const bytes = typeof head === 'string' ? file(head) : head;
  expect(hasFrontmatter(bytes, fields as Record<string, unknown>)).toBe(false);
});

it('property: a head has the fields that it was written from, and no others', () => {
  const value = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.string(), { maxLength: 3 }),
  );
  const fields = fc.dictionary(fc.stringMatching(/^[a-z][a-z-]{0,8}$/), value, { minKeys: 1, maxKeys: 5 });
  fc.assert(
    fc.property(fields, fields, (written, other) => {
      const bytes = file(stringify(written));
      expect(hasFrontmatter(bytes, written)).toBe(true);
      const isSame = JSON.stringify(sorted(written)) === JSON.stringify(sorted(other));
      expect(hasFrontmatter(bytes, other)).toBe(isSame);
    }),
    { numRuns: 200 },
  );
});

function sorted(fields: Record<string, unknown>): [string, unknown][] {
  return Object.entries(fields).sort(([one], [two]) => (one < two ? -1 : 1));
}
