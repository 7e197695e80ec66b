import { expect, it } from 'vitest';
import { offeredOf, takesTasks, withoutTasks } from './offered-capabilities.ts';

const declared = JSON.stringify({
  sampling: { tools: {} },
  roots: { listChanged: true },
  experimental: { mine: {} },
  unheard: {},
  tasks: { requests: { sampling: { createMessage: {} } } },
  extensions: {
    'io.modelcontextprotocol/ui': { mimeTypes: ['a'] },
    'com.example/x': {},
    'io.modelcontextprotocol/tasks': {},
  },
});

const offered = (era: 'legacy' | 'modern', transparent: boolean) => {
  const { capabilities, requestCapabilities } = offeredOf(declared, era, transparent);
  return { legacy: JSON.parse(capabilities), modern: JSON.parse(requestCapabilities) };
};

const common = { roots: {}, sampling: { tools: {} } };
const ui = { 'io.modelcontextprotocol/ui': { mimeTypes: ['a'] } };
const tasks = { 'io.modelcontextprotocol/tasks': {} };
const unknown = { 'com.example/x': {} };

it('extensions that the gateway knows are offered in every view, tasks only between callers and servers that have them', () => {
  expect(offered('modern', false)).toEqual({
    legacy: { ...common, extensions: ui },
    modern: { ...common, extensions: { ...ui, ...tasks } },
  });
  expect(offered('legacy', false)).toEqual({
    legacy: {
      ...common,
      roots: { listChanged: true },
      tasks: { requests: { sampling: { createMessage: {} } } },
      extensions: ui,
    },
    modern: { ...common, extensions: ui },
  });
});

it('extensions that it does not know are offered only where the caller sees one server as it is', () => {
  expect(offered('modern', true)).toEqual({
    legacy: { ...common, experimental: { mine: {} }, extensions: { ...ui, ...unknown } },
    modern: { ...common, experimental: { mine: {} }, extensions: { ...ui, ...unknown, ...tasks } },
  });
});

it('the text is the same for equal capabilities in another order', () => {
  const other = JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(declared) as object).reverse()));
  expect(offeredOf(other, 'modern', true)).toEqual(offeredOf(declared, 'modern', true));
});

it('a task may come back only where the extension is declared as one', () => {
  expect(takesTasks(offeredOf(declared, 'modern', false))).toBe(true);
  expect(takesTasks(offeredOf(declared, 'legacy', false))).toBe(false);
  const elsewhere = JSON.stringify({ sampling: { 'io.modelcontextprotocol/tasks': {} } });
  expect(takesTasks(offeredOf(elsewhere, 'modern', false))).toBe(false);
  expect(takesTasks(offeredOf(undefined, 'modern', false))).toBe(false);
});

it('tasks alone can be left out of what is offered', () => {
  const { requestCapabilities } = offeredOf(declared, 'modern', true);
  expect(takesTasks({ capabilities: '{}', requestCapabilities: withoutTasks(requestCapabilities) })).toBe(false);
  expect(JSON.parse(withoutTasks(requestCapabilities))).toEqual({
    ...common,
    experimental: { mine: {} },
    extensions: { ...ui, ...unknown },
  });
  expect(withoutTasks('{"roots":{}}')).toBe('{"roots":{}}');
});
