import { expect, it } from 'vitest';
import { clearDefinition } from './definition.ts';
import { readToolsPage } from './tool-entry.ts';

it.each([
  ['{"name":"a","title":null,"_meta":null}', '{"name":"a"}'],
  ['{"name":"a","annotations":{"title":null,"readOnlyHint":true}}', '{"name":"a","annotations":{"readOnlyHint":true}}'],
  [
    '{"name":"a","inputSchema":{"type":"object","properties":null,"required":null}}',
    '{"name":"a","inputSchema":{"type":"object"}}',
  ],
  [
    '{"name":"a","inputSchema":{"properties":{"x":{"default":null}},"default":null}}',
    '{"name":"a","inputSchema":{"properties":{"x":{"default":null}},"default":null}}',
  ],
  [
    '{"name":"a","arguments":[{"name":"x","required":null},{"name":"y"}]}',
    '{"name":"a","arguments":[{"name":"x"},{"name":"y"}]}',
  ],
  ['{"name":"a","inputSchema":null}', '{"name":"a","inputSchema":{"type":"object"}}'],
  ['{"name":"a","inputSchema":[],"annotations":[ ],"_meta":[]}', '{"name":"a","inputSchema":{"type":"object"}}'],
  [
    '{"name":"a","inputSchema":{"type":"object","properties":[],"required":[]}}',
    '{"name":"a","inputSchema":{"type":"object","required":[]}}',
  ],
  ['{"name":"a","arguments":[],"icons":[]}', '{"name":"a","arguments":[],"icons":[]}'],
  ['{"uri":"a:b","mimeType":null,"size":null,"name":"null"}', '{"uri":"a:b","name":"null"}'],
])('of %s what is null is left out', (raw, expected) => {
  expect(clearDefinition(raw)).toBe(expected);
});

it.each([
  '{"name":"a","name":"b"}',
  '{"name":"a","Name":"b"}',
  '{"Name":"a"}',
  '{"name":"a","description":"x","DESCRIPTION":"y"}',
  '{"name":"a","annotations":{"readOnlyHint":true,"readonlyhint":false}}',
  '{"uri":"a:b","URI":"a:c"}',
  '["a"]',
])('%s says two things, and is none', (raw) => {
  expect(clearDefinition(raw)).toBeUndefined();
});

it('the other definitions stay, and it is said why one does not', () => {
  const page = readToolsPage('{"tools":[{"name":"a","Name":"b"},{"name":"c"},5]}', false);
  expect(page?.tools.map(({ name }) => name)).toEqual(['c']);
  expect(page?.rejected).toHaveLength(2);
  expect(page?.rejected[0]).toContain('"a"');
});

it('null in members that nobody here knows is kept: it may mean something', () => {
  const raw =
    '{"name":"n","title":null,"com.example/x":null,"annotations":{"title":null,"com.example/y":null},' +
    '"arguments":[{"name":"a","description":null,"z":null}],"inputSchema":{"type":"object","description":null,"x-own":null}}';
  expect(clearDefinition(raw)).toBe(
    '{"name":"n","com.example/x":null,"annotations":{"com.example/y":null},' +
      '"arguments":[{"name":"a","z":null}],"inputSchema":{"type":"object","x-own":null}}',
  );
});
