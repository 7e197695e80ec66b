import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IdFinder, idsIn } from './request-id.ts';

it.each([
  ['{"id":1,"method":"m"}', '1'],
  [' { "params" : { "id" : 2, "a" : [ "}" , "\\"" ] } , "method":"m", "\\u0069d" : "a\\u0062" } \r', '"ab"'],
  [`{"method":"m","${'k'.repeat(5000)}":"${'v'.repeat(5000)}","id":-7}`, '-7'],
  [`{"method":"m","id":9,"params":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, '9'],
])('finds the one id of the root', (text, id) => {
  expect(idsIn(text).id).toBe(id);
});

it.each([
  ['', 'nothing'],
  ['{}', 'nothing in it'],
  ['[{"id":1,"method":"m"}]', 'a batch'],
  ['"{"id":1,"method":"m"}', 'a string first'],
  ['{"id":1,"method":"m"', 'no end'],
  ['{"id":1,"method":"m"}{', 'more after it'],
  ['{"id":1,"method":"m",}', 'a comma too many'],
  ['{"id":1,"id":1,"method":"m"}', 'two ids'],
  ['{"id":1,"method":"m","\\u0069d":2}', 'two ids, one escaped'],
  ['{"id":1 1,"method":"m"', 'two values'],
  ['{"id":1 2,"method":"m"}', 'two values in a whole message'],
  ['{"id":- 1,"method":"m"}', 'a number in two parts'],
  ['{"id":"a" "b","method":"m"}', 'two strings'],
  ['{"id":01,"method":"m"}', 'no number'],
  ['{"id":"a"b,"method":"m"}', 'no string'],
  ['{"id":null,"method":"m"}', 'an id of null'],
  ['{"id":[1],"method":"m"}', 'an array'],
  ['{"id":1.5,"method":"m"}', 'a fraction'],
  [`{"id":"${'i'.repeat(600)}","method":"m"}`, 'an id that nobody has'],
  ['{"id":1,"result":{}}', 'a response'],
  ['{"method":"m"}', 'a notification'],
])('finds none in %s: %s', (text) => {
  expect(idsIn(text).id).toBe('null');
});

it('finds no id that is not UTF-8', () => {
  const finder = new IdFinder();
  finder.push(Buffer.from('{"method":"m","id":"a\u00ff"}', 'latin1'));
  expect(finder.id()).toBe('null');
});

it('finds the id of any request, however its bytes are cut', () => {
  const id = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 30 }), fc.maxSafeInteger());
  const requests = fc.record({ id, method: fc.string(), params: fc.dictionary(fc.string(), fc.jsonValue()) });
  fc.assert(
    fc.property(requests, fc.array(fc.nat(9)), fc.boolean(), (request, sizes, isLast) => {
      const { id: own, ...rest } = request;
      const bytes = Buffer.from(JSON.stringify(isLast ? { ...rest, id: own } : request));
      const finder = new IdFinder();
      let at = 0;
      for (const size of sizes) {
        finder.push(bytes.subarray(at, at + size));
        at += size;
      }
      finder.push(bytes.subarray(at));
      expect(JSON.parse(finder.id())).toEqual(own);
    }),
  );
});

it.each([
  ['{"id":1,"result":{"a":1,"a":2}}', '1'],
  ['{"error":{"method":"m"},"id":"a"}', '"a"'],
  ['{"id":1,"method":"m"}', undefined],
  ['{"id":null,"error":{}}', undefined],
  ['{"id":1,"id":2,"result":{}}', undefined],
  ['{"id":1,"result":{}', undefined],
])('tells what is answered: %s', (text, id) => {
  expect(idsIn(text).responseId).toBe(id);
});
