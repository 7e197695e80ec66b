/** Text that is read in turns is read as it is at once. */

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { STEP } from '../shared/large-text.ts';
import { parseLarge, parseMessage, readObject, readObjectInTurns } from './json-rpc.ts';
import { elements, elementsInTurns, oneLine, oneLineInTurns } from './json-text.ts';
import { stringValue, stringValueInTurns } from './members.ts';
import { Scan, scanObject } from './scan.ts';
import { ScanError } from './scan-error.ts';

const SHAPE = { a: { b: {} }, '': {} };

it('a scan that stops on its way finds the same, or the same fault', () => {
  const keys = fc.constantFrom('a', 'b', '', 'c');
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.constantFrom('1', '-2.5e3', '"x"', '"\\n\\u0041"', 'null', 'true', '[]', '{}', ' [ ] ', 'x', '"', '[', '{'),
      fc.array(tie('value'), { maxLength: 4 }).map((all) => `[${all.join(' , ')}]`),
      fc
        .array(fc.tuple(keys, tie('value')), { maxLength: 10 })
        .map((all) => `{${all.map(([key, inner]) => `"${key}": ${inner}`).join(',')} }`),
    ),
  }));
  const text = value.map((inner) => `{"a":${inner}}`);
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 9 }), fc.boolean(), (json, characters, uniqueKeys) => {
      const options = { maxDepth: 4, uniqueKeys };
      const scan = new Scan(json, SHAPE, options);
      const inSteps = (): unknown => {
        while (!scan.advance(characters));
        return scan.root;
      };
      expect(outcome(inSteps)).toEqual(outcome(() => scanObject(json, SHAPE, options)));
    }),
    { numRuns: 2000 },
  );
});

it('a scan that stops inside of strings finds the same, or the same fault', () => {
  const long = fc
    .array(fc.constantFrom('x'.repeat(70), 'é'.repeat(90), '\\"', '\\\\', '\\u00e9', '\\', '\n', '"', '😀'), {
      maxLength: 8,
    })
    .map((parts) => `"${parts.join('')}"`);
  const text = fc.tuple(long, long, long).map(([a, b, c]) => `{${a}:${b},"":[${c}],"a":{${b}:1, ${c}:2}}`);
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 99 }), fc.boolean(), (json, characters, uniqueKeys) => {
      const options = { maxDepth: 4, uniqueKeys };
      const scan = new Scan(json, SHAPE, options);
      const inSteps = (): unknown => {
        while (!scan.advance(characters));
        return scan.root;
      };
      expect(outcome(inSteps)).toEqual(outcome(() => scanObject(json, SHAPE, options)));
    }),
    { numRuns: 2000 },
  );
});

it('one string that is all of a text is scanned in steps', () => {
  for (const unit of ['x', '\\"', 'é\\u0041', '\\\\', '😀', 'Т']) {
    const json = `{"a":"${many(unit)}","${many(unit)}":1}`;
    const scan = new Scan(json, {}, { maxDepth: 4, uniqueKeys: true });
    let steps = 1;
    while (!scan.advance(STEP)) steps++;
    expect(steps).toBeGreaterThan(5);
    expect(scan.root).toEqual(scanObject(json, {}, { maxDepth: 4, uniqueKeys: true }));
  }
});

function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    if (error instanceof ScanError) return { reason: error.reason, position: error.position, message: error.message };
    throw error;
  }
}

function many(unit: string): string {
  return unit.repeat(400_000 / unit.length);
}
const LISTS = {
  numbers: `[${many('1,')}1]`,
  containers: `[${many('[{"a":[]}],')}{}]`,
  strings: `[${many('"a\\"]",')}"😀"]`,
  lines: `[${many('1\r\n, ')}"é"]`,
};

it.each(Object.entries(LISTS))('large lists of %s', async (_name, list) => {
  expect(await elementsInTurns(list)).toEqual(elements(list));
  expect(await elementsInTurns(list, 3)).toEqual(elements(list, 3));
  const text = `{"jsonrpc":"2.0","id":1,"result":{"list":${list}}}`;
  expect(await readObjectInTurns(text)).toEqual(readObject(text));
  const whole = parseMessage(text, 'server');
  // On one line, which changes no offset.
  expect(await parseLarge(text, 'server')).toEqual({ ...whole, text: text.replace(/[\r\n]/g, ' ') });
  expect(await parseLarge(`${text}x`, 'server')).toEqual(parseMessage(`${text}x`, 'server'));
  expect(await parseLarge(`[${text}]`, 'server')).toEqual(parseMessage(`[${text}]`, 'server'));
});

it.each(['\n', 'é\r', '😀\n', '\r\n😀é'])('a large text with %j on one line', async (unit) => {
  const text = many(unit);
  expect(await oneLineInTurns(text)).toBe(oneLine(text));
  expect(await oneLineInTurns(`a${text}`)).toBe(oneLine(`a${text}`));
});

it.each(['x', '\\"', 'é\\u0041', '\\\\', '\\ud83d\\ude00', 'x\\n😀', '\\\\u0041'])(
  'a large string of %s',
  async (unit) => {
    for (const before of ['', 'x', 'xx', 'xxx', 'xxxx', 'xxxxx']) {
      const json = `{"a":"${before}${many(unit)}"}`;
      const member = readObject(json)?.members[0];
      expect(await stringValueInTurns(json, member)).toBe(stringValue(json, member));
    }
  },
);

it('a large list of one string that looks like a list', async () => {
  const list = `[1,"${many('],\\"[')}", {"a":"${many('\\\\')}"}]`;
  expect(await elementsInTurns(list)).toEqual(JSON.parse(list).map((value: unknown) => JSON.stringify(value)));
});

it.each([
  ['{"id":7,"method":"m","Method":"n","params":{LARGE}}', { id: '7', responseId: undefined }],
  ['{"params":{LARGE},"method":"m","method":"m","id":"é"}', { id: '"é"', responseId: undefined }],
  ['{"result":{LARGE,"a":1,"a":1},"id":8}', { id: 'null', responseId: '8' }],
  ['{"result":{LARGE},"id":8,}', { id: 'null', responseId: undefined }],
  ['{"id":9,"method":3,"params":{LARGE}}', { id: '9', responseId: undefined }],
  ['"LARGE', { id: 'null', responseId: undefined }],
])('a large message that is refused is answered with its id: %s', async (message, ids) => {
  const large = `"key":"${many('é"'.replace('"', '\\"'))}"`;
  const text = message.replace('LARGE', () => large);
  const refused = await parseLarge(text, 'caller');
  expect(refused).toMatchObject({ kind: 'invalid', ...ids });
  expect(refused).toEqual(parseMessage(text, 'caller'));
});

it.each(['"LARGE"', '"LARGE" x', '12', '{}', '[]', ' null '])('a large text that is no object: %s', async (text) => {
  const value = text.replace('LARGE', many('é')) + ' '.repeat(400_000);
  expect(await parseLarge(value, 'caller')).toEqual(parseMessage(value, 'caller'));
});
