import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldCase } from './fold-case.ts';
import { parseMessage, readObject } from './json-rpc.ts';
import { isAmbiguous, MESSAGE_NAMES, namesOf, PARAMS_NAMES, treeOf } from './member-names.ts';
import { isHopByHopMeta, isHopByHopResult } from './revisions.ts';

const META = 'io.modelcontextprotocol/';
const call = (params: string): string => `{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{${params}}}`;
const NAMED = '"name":"a","arguments":{}';

describe('a message of a caller is refused whose keys another parser could read as others', () => {
  it.each([
    ['name', call(`${NAMED},"Name":"b"`)],
    ['NAME before it', call(`"NAME":"b",${NAMED}`)],
    ['name alone, in another case', call('"Name":"a"')],
    ['an escape', call(`${NAMED},"\\u004eame":"b"`)],
    ['the long s', call(`${NAMED},"argument\u017f":{}`)],
    ['the Kelvin sign', call(`${NAMED},"ta\u212a":{}`.replace('ta\u212a', 'ta\u017f\u212a'))],
    ['the dotted I', call(`"ur\u0130":"x","uri":"y"`)],
    ['_meta', call(`${NAMED},"_META":{"progressToken":1}`)],
    ['a field of _meta', call(`${NAMED},"_meta":{"ProgressToken":1}`)],
    ['a reserved field of _meta', call(`${NAMED},"_meta":{"IO.modelcontextprotocol/new":1}`)],
    ['a capability', call(`${NAMED},"_meta":{"${META}clientCapabilities":{"Sampling":{}}}`)],
    ['a task', call(`${NAMED},"task":{"TTL":1}`)],
    ['a reference', call('"ref":{"type":"ref/prompt","name":"a","Name":"b"},"argument":{"name":"x","value":""}')],
    ['an argument to complete', call('"ref":{"type":"ref/prompt","name":"a"},"argument":{"name":"x","VALUE":""}')],
    ['a filter', call('"notifications":{"ResourceSubscriptions":["x"]}')],
    ['two that nobody knows', call(`${NAMED},"vendor":1,"Vendor":2`)],
    ['two that nobody knows, not in ASCII', call(`${NAMED},"\u00e9":1,"\u00c9":2`)],
    ['a name with _, which Go leaves out', call(`${NAMED},"na_me":"b"`)],
    ['a name with -', call(`${NAMED},"-NAME":"b"`)],
    ['a name that ends with zero', call(`${NAMED},"name\\u0000":"b"`)],
    ['meta, which is _meta in Python', call(`${NAMED},"meta":{"progressToken":1}`)],
    ['task_id, which is taskId in Python', call('"taskId":"a","task_id":"b"')],
    ['request_state', call(`${NAMED},"request_state":"b"`)],
    [
      'a reference with _',
      call('"ref":{"type":"ref/prompt","name":"a","name_":"b"},"argument":{"name":"x","value":""}'),
    ],
    ['the envelope with _', '{"jsonrpc":"2.0","id":7,"method":"a","params":{},"par_ams":{"name":"b"}}'],
    ['the envelope', '{"jsonrpc":"2.0","id":7,"method":"a","Method":"b"}'],
    ['params', '{"jsonrpc":"2.0","id":7,"method":"a","params":{},"PARAMS":{}}'],
  ])('%s', (_what, text) => {
    expect(parseMessage(text, 'caller')).toMatchObject({ kind: 'invalid', code: 'INVALID_REQUEST', id: '7' });
  });

  it.each([
    '{"jsonrpc":"2.0","id":7,"result":{"action":"decline","Action":"accept"}}',
    '{"jsonrpc":"2.0","id":7,"result":{},"Error":{}}',
    '{"jsonrpc":"2.0","id":7,"result":{},"Result":{}}',
    '{"jsonrpc":"2.0","id":7,"error":{"code":1,"message":"m","Code":2}}',
  ])('%s is no answer', (text) => {
    expect(parseMessage(text, 'caller')).toMatchObject({ kind: 'invalid', code: 'INVALID_REQUEST' });
  });

  it('the id of a message with two is the one that is spelled as it should be', () => {
    expect(parseMessage('{"jsonrpc":"2.0","id":7,"ID":8,"method":"a"}', 'caller')).toMatchObject({ id: '7' });
    expect(parseMessage('{"jsonrpc":"2.0","ID":8,"method":"a"}', 'caller')).toMatchObject({
      kind: 'invalid',
      id: 'null',
    });
  });
});

it.each([
  ['arguments of a tool', call('"name":"a","arguments":{"Name":1,"name":2,"\\u212a":1,"k":2}')],
  ['arguments of a tool, given to ours', call('"name":"execute_tool","arguments":{"args":{"A":1,"a":2}}')],
  [
    'extensions of a client',
    call(`${NAMED},"_meta":{"${META}clientCapabilities":{"extensions":{"x/y":{"A":1,"a":1}}}}`),
  ],
  [
    'a field of an extension',
    '{"jsonrpc":"2.0","id":7,"method":"com.example/do","params":{"task_id":1,"max_tokens":2}}',
  ],
  [
    'fields with - and _',
    call(`${NAMED},"my-id":1,"my_id":2,"_meta":{"x-request-id":1,"x_request_id":2,"trace_parent":1}`),
  ],
  ['fields that nobody knows', call(`${NAMED},"vendor":{"A":1,"a":1},"_meta":{"vendor/x":{"A":1,"a":2}}`)],
])('%s are nobody else’s business', (_what, text) => {
  expect(parseMessage(text, 'caller').kind).toBe('request');
});

it('foldCase makes equal what Unicode and ASCII compare as equal without case', () => {
  expect(foldCase('\u017f\u212aA')).toBe('ska');
  expect(foldCase('\u0130')).toBe('i');
  expect(foldCase('\u1e9e')).toBe(foldCase('\u00df'));
  for (let code = 0; code <= 0xffff; code++) {
    const character = String.fromCharCode(code);
    if (/^[a-z]$/iu.test(character)) expect(foldCase(character), code.toString(16)).toMatch(/^[a-z]$/);
  }
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      for (const each of [text.toLowerCase(), text.toUpperCase()]) expect(foldCase(each)).toBe(foldCase(text));
    }),
  );
});

it('no spelling of a known name passes beside it', () => {
  const letter = (character: string) =>
    fc.constantFrom(
      character,
      character.toUpperCase(),
      ...(character === 's' ? ['\u017f'] : []),
      ...(character === 'k' ? ['\u212a'] : []),
    );
  const spelled = fc
    .constantFrom(...[...PARAMS_NAMES.exact].filter((name) => /^[a-z]/i.test(name)))
    .chain((name) => fc.tuple(fc.constant(name), fc.tuple(...[...name.toLowerCase()].map(letter))))
    .map(([name, letters]) => [name, letters.join('')] as const)
    .filter(([name, spelling]) => name !== spelling);
  fc.assert(
    fc.property(spelled, ([name, spelling]) => {
      const text = call(`${JSON.stringify(name)}:null,${JSON.stringify(spelling)}:null`);
      expect(parseMessage(text, 'caller').kind).toBe('invalid');
    }),
  );
});

it('fields that a hop writes anew are known in every spelling', () => {
  for (const key of ['progressToken', 'ProgressToken', `${META}x`, `IO.MODELCONTEXTPROTOCOL/x`, 'progre\u017fsToken'])
    expect(isHopByHopMeta(key)).toBe(true);
  for (const key of ['progress', 'vendor/progressToken']) expect(isHopByHopMeta(key)).toBe(false);
  for (const key of ['resultType', 'ResultType', 'TTLMS', 're\u017fultType']) expect(isHopByHopResult(key)).toBe(true);
  for (const key of ['content', 'ttl', 'isError']) expect(isHopByHopResult(key)).toBe(false);
});

it('isAmbiguous sees keys that stand twice, also in the objects that are looked into', () => {
  const names = namesOf({ ...treeOf('a'), b: treeOf('c') });
  const ambiguous = (text: string): boolean =>
    isAmbiguous(readObject(text, { b: {} }) ?? { start: 0, end: 0, members: [] }, names);
  expect(ambiguous('{"a":1,"a":2}')).toBe(true);
  expect(ambiguous('{"b":{"c":1,"c":2}}')).toBe(true);
  expect(ambiguous('{"b":{"C":1}}')).toBe(true);
  expect(ambiguous('{"x":{"c":1,"c":2},"a":1,"b":{"c":1,"d":2}}')).toBe(false);
});

it('many keys take no more than their number', () => {
  const keys = Array.from({ length: 99_000 }, (_, at) => `"k${at}":0`).join(',');
  expect(parseMessage(`{"jsonrpc":"2.0","id":7,"result":{},${keys}}`, 'server').kind).toBe('response');
  expect(parseMessage(call(keys), 'caller').kind).toBe('request');
  expect(parseMessage(`{"jsonrpc":"2.0","id":7,"method":"a",${keys},"k0":1}`, 'caller').kind).toBe('invalid');
  expect(MESSAGE_NAMES.exact.has('method')).toBe(true);
});
