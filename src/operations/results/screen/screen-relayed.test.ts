import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ResultTerms } from '../../../config/result-kinds.ts';
import { RESULT_KINDS } from '../../../config/result-kinds.ts';
import type { Relayed } from '../../../relay/relayed.ts';
import { screenRelayed } from './screen-relayed.ts';

const ALL: ResultTerms = { stripInvisible: true, redact: RESULT_KINDS };
const CARD = '4111111111111111';
const MAIL = 'ann@example.org';

async function clear(
  json: string,
  terms = ALL,
  metaAt = -1,
): Promise<{ text: string; metaAt: number; counts: object }> {
  let counts: object = {};
  const relayed: Relayed = { kind: 'result', body: { text: json, metaAt, resultType: 'complete' } };
  const result = await screenRelayed(relayed, terms, {
    screened(found) {
      counts = Object.fromEntries(found);
    },
  });
  if (result.kind !== 'result') throw new Error('It became an error.');
  return { text: result.body.text, metaAt: result.body.metaAt, counts };
}

it('changes strings in which something is, and nothing else', async () => {
  const json = `{ "content":[{"type":"text", "text":"card ${CARD} \\u00e9\\/"},{"text":"as \\/ it is"}],"n": ${CARD}, "${MAIL}":1.50 }`;
  const { text, counts } = await clear(json);
  expect(text).toBe(json.replace(`card ${CARD} \\u00e9\\/`, 'card [redacted card] é/'));
  expect(counts).toEqual({ cards: 1 });
});

it('finds what escapes hide in JSON within a string, for whoever reads it as JSON', async () => {
  const escaped = [...CARD].map((digit) => `\\u00${digit.charCodeAt(0).toString(16)}`).join('');
  const inner = `{"a":"${escaped}","b":"x\\u200by","c":"postgres:\\/\\/app:Tr0ub4dor@db\\/x","n":1.50}`;
  for (const text of [inner, ` [${inner}]`, JSON.stringify(inner), `${' '.repeat(300_000)}${inner}`]) {
    const { structured } = JSON.parse((await clear(JSON.stringify({ structured: text }))).text) as {
      structured: string;
    };
    let read: unknown = JSON.parse(structured);
    if (typeof read === 'string') read = JSON.parse(read);
    expect([read].flat()).toEqual([
      { a: '[redacted card]', b: 'xy', c: 'postgres://app:[redacted password]@db/x', n: 1.5 },
    ]);
  }
  for (const [odd, cleared] of [
    [`{ C:\\new ${CARD}`, '{ C:\\new [redacted card]'],
    [`"\\q ${CARD}"`, '"\\q [redacted card]"'],
    [`"\\u00 ${CARD}" "`, '"\\u00 [redacted card]" "'],
    [`"\\\\" \\" "${inner}`.slice(0, 9), `"\\\\" \\" "`.slice(0, 9)],
    [`{"a":1}\n{"b":"${escaped}"}`, '{"a":1}\n{"b":"[redacted card]"}'],
  ])
    expect((await clear(JSON.stringify({ a: odd }))).text).toBe(JSON.stringify({ a: cleared }));
});

it('finds a key by the name of its member, and a URI is one by its form', async () => {
  const value = `${'Ab3/'.repeat(10)}`;
  expect((await clear(`{"aws_secret_access_key":"${value}","other":"${value}","clientSecret_":"${value}"}`)).text).toBe(
    `{"aws_secret_access_key":"[redacted key]","other":"${value}","clientSecret_":"${value}"}`,
  );
  expect((await clear(`{"uri":"file:///${MAIL}","a":{"uri":"Ask ${MAIL}"}}`)).text).toBe(
    `{"uri":"file:///${MAIL}","a":{"uri":"Ask [redacted e-mail]"}}`,
  );
});

it('finds what escapes hide, also in JSON inside of a string', async () => {
  const escaped = [...CARD].map((digit) => `\\u00${digit.charCodeAt(0).toString(16)}`).join('');
  expect((await clear(`{"a":"${escaped}"}`)).text).toBe('{"a":"[redacted card]"}');
  const inner = JSON.stringify({
    list: [{ mail: MAIL }],
    key: '-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----',
  });
  expect((await clear(JSON.stringify({ a: inner }))).text).toBe(
    JSON.stringify({ a: '{"list":[{"mail":"[redacted e-mail]"}],"key":"[redacted private key]"}' }),
  );
  expect((await clear('{"a":"x\\u200by\\udb40\\udc41z"}')).text).toBe('{"a":"xyz"}');
});

it('leaves addresses of resources, bytes, questions and handles', async () => {
  const kept = `{"uri":"file:///home/${MAIL}/${CARD}","blob":"${'AKIA'.repeat(90)}","mimeType":"text/plain"}`;
  expect((await clear(kept)).text).toBe(kept);
  expect((await clear('{"uri":"https://u:hunter2@h/x"}')).text).toBe('{"uri":"https://u:[redacted password]@h/x"}');
  const question: Relayed = {
    kind: 'result',
    body: { text: `{"requestState":"${MAIL}"}`, metaAt: -1, resultType: 'input_required' },
  };
  expect(await screenRelayed(question, ALL, { screened: () => undefined })).toBe(question);
});

it.each(['input_required', 'task', 'complete', 'anything'])(
  'clears what stands beside questions and handles, in a result of type %s',
  async (resultType) => {
    const text = (mail: string): string =>
      `{"taskId":"${MAIL}","inputRequests":{"${MAIL}":{"params":{"message":"${MAIL}"}}},"statusMessage":"${mail}","requestState" : "${MAIL}","content":[{"text":"${mail}","taskId":"${mail}"}]}`;
    const relayed: Relayed = { kind: 'result', body: { text: text(MAIL), metaAt: -1, resultType } };
    expect(await screenRelayed(relayed, ALL, { screened: () => undefined })).toMatchObject({
      body: { text: text('[redacted e-mail]'), resultType },
    });
  },
);

it('clears errors of servers', async () => {
  const error: Relayed = { kind: 'error', code: -1, message: `no ${MAIL}`, data: `{"card":"${CARD}"}` };
  expect(await screenRelayed(error, ALL, { screened: () => undefined })).toMatchObject({
    message: 'no [redacted e-mail]',
    data: '{"card":"[redacted card]"}',
  });
});

it('knows where _meta is afterwards', async () => {
  const json = `{"content":[{"text":"${CARD}"}],"_meta":{"a":"${MAIL}"}}`;
  const { text, metaAt } = await clear(json, ALL, json.indexOf('"_meta":{') + 9);
  expect(text.slice(metaAt)).toBe('"a":"[redacted e-mail]"}}');
});

it('keeps the shape of any JSON, and every text without a finding as it is written', async () => {
  const secret = fc.constantFrom(CARD, MAIL, 'GB82WEST12345698765432', 'x\u200by', '"', '\\', 'a"b');
  const string = fc.oneof(
    fc.string(),
    fc.tuple(fc.string(), secret, fc.string()).map((parts) => parts.join(' ')),
  );
  const json = fc.letrec((tie) => ({
    value: fc.oneof({ maxDepth: 4 }, string, fc.double({ noNaN: true }), fc.constant(null), tie('list'), tie('object')),
    list: fc.array(tie('value'), { maxLength: 4 }),
    object: fc.dictionary(fc.string(), tie('value'), { maxKeys: 4 }),
  })).object;
  const shape = (value: unknown): unknown => {
    if (typeof value === 'string') return 'text';
    if (Array.isArray(value)) return value.map(shape);
    if (typeof value !== 'object' || value === null) return value;
    return Object.entries(value).map(([key, inner]) => [key, shape(inner)]);
  };
  await fc.assert(
    fc.asyncProperty(json, fc.constantFrom(undefined, 1), async (value, indent) => {
      const written = JSON.stringify(value, null, indent);
      const { text, counts } = await clear(written);
      expect(shape(JSON.parse(text))).toEqual(shape(JSON.parse(written)));
      if (Object.keys(counts).length === 0) expect(text).toBe(written);
      expect(text).not.toContain(MAIL);
    }),
    { numRuns: 300 },
  );
});
