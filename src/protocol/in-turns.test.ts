/** What is read in turns is read as it is at once. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { elements, elementsInTurns, oneLine, oneLineInTurns } from './json.ts';
import { parseLarge, parseMessage, readObject, readObjectInTurns } from './messages.ts';
import { Scan, ScanError, scanObject } from './scan.ts';

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

function outcome(work: () => unknown): unknown {
  try {
    return work();
  } catch (error) {
    if (error instanceof ScanError) return { reason: error.reason, position: error.position, message: error.message };
    throw error;
  }
}

const many = (unit: string): string => unit.repeat(400_000 / unit.length);
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
