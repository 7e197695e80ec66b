import { expect, it } from 'vitest';
import { relatedMeta, relateTo } from './related-task.ts';

const params = (meta: string): string =>
  `"message":"io.modelcontextprotocol/related-task","_meta":{${meta}},"big":1e400`;
const known = (id: string): string | undefined => (id === 'server-1' ? 'task_1' : undefined);

it('names the task as its caller knows it, and leaves every other byte alone', () => {
  const text = params(`"a":1, ${relatedMeta('server-1')}, "b":2`);
  expect(relateTo(text, known)).toEqual({
    params: params(`"a":1, ${relatedMeta('task_1')}, "b":2`),
    id: 'server-1',
    isForeign: false,
  });
});

it("does not mention a task that is not the caller's", () => {
  expect(relateTo(params(`"a":1,${relatedMeta('server-2')}`), known)).toEqual({
    params: params('"a":1'),
    id: undefined,
    isForeign: true,
  });
  expect(relateTo(params(relatedMeta('server-2')), known)).toMatchObject({ params: params(''), isForeign: true });
  expect(relateTo(params('"io.modelcontextprotocol/related-task":7'), known)).toEqual({
    params: params(''),
    id: undefined,
    isForeign: false,
  });
});

it('leaves params alone that only look so', () => {
  const text = '"message":"io.modelcontextprotocol/related-task"';
  expect(relateTo(text, known)).toEqual({ params: text, id: undefined, isForeign: false });
});
