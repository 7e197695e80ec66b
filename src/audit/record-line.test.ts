import fc from 'fast-check';
import { expect, it } from 'vitest';
import { redactValue } from '../observe/redact.ts';
import type { AuditRecord } from './audit-record.ts';
import { createBodies } from './record-line.ts';

const RECORD: AuditRecord = {
  operation: 'execute_tool',
  phase: 'decided',
  decision: 'ALLOW',
  request_id: 'r1',
  principal: 'p',
  claimed_agent: null,
  agent_id: 'a',
  assurance: 'claim',
  server: 's',
  tool: 't',
  rule: null,
  error_code: null,
  latency_ms: 1,
  detail: undefined,
};
const redact = (text: string): string => text.replaceAll('secret', '[redacted]');

function written(detail: AuditRecord['detail']): string {
  return `${createBodies(redact)({ ...RECORD, detail }, 'now')}}`;
}

it('writes details as JSON, redacted, whatever they are', () => {
  const leaf = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom('a secret', 'ü"\\\n', undefined, null),
    fc.double(),
  );
  const value = fc.oneof(leaf, fc.array(leaf, { maxLength: 4 }), fc.jsonValue({ maxDepth: 3 }));
  fc.assert(
    fc.property(fc.dictionary(fc.string({ maxLength: 8 }), value, { maxKeys: 4 }), (detail) => {
      const { detail: found } = JSON.parse(written(detail)) as { detail: unknown };
      const top = Object.entries(detail).map(([key, inner]) => [key, redactValue(inner, redact)]);
      const expected: unknown = JSON.parse(JSON.stringify(Object.fromEntries(top)));
      if (!JSON.stringify(found).includes('"cut"')) expect(found).toEqual(expected);
    }),
  );
});

it('says so where details cannot be written', () => {
  expect(JSON.parse(written({ args: [1n] }))).toMatchObject({ detail: { unserialisable: true } });
  const endless: unknown[] = [];
  endless.push(endless);
  expect(JSON.parse(written({ args: endless }))).toMatchObject({ detail: { unserialisable: true } });
});
