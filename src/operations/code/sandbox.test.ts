import { describe, expect, it } from 'vitest';
import { runAlone } from './testing.ts';

const text = (value: unknown) => ({ result: { content: [{ type: 'text', text: JSON.stringify(value) }] } });

describe('a program in the sandbox', () => {
  it('returns what it returns', async () => {
    expect(await runAlone('return 1 + 1')).toEqual({ done: '2', logs: [] });
    expect(await runAlone('console.log("a", {b: 1}); await sleep(1); return {a: [1]}')).toEqual({
      done: '{"a":[1]}',
      logs: ['a {"b":1}'],
    });
    expect(await runAlone('let x = 1')).toEqual({ done: '', logs: [] });
  });

  it('may be TypeScript', async () => {
    const program = 'interface A { b: number }\nconst a: A = { b: 2 };\nreturn (a as A).b satisfies number;';
    expect(await runAlone(program)).toEqual({ done: '2', logs: [] });
  });

  it('calls tools, by name or as members of their servers', async () => {
    const asked: unknown[] = [];
    const answer = (kind: string, what: unknown) => {
      asked.push([kind, what]);
      return text({ n: asked.length });
    };
    const program = `const a = await servers.github.create_issue({ title: 'x' });
      const b = await tools.call('git-hub', 'b');
      return [a.n, b.n, await tools.parallel([['s', 't', {}], () => servers.s.u(), { server: 's', tool: 'v' }])]`;
    expect((await runAlone(program, answer)).done).toBe('[1,2,[{"n":3},{"n":4},{"n":5}]]');
    expect(asked.slice(0, 2)).toEqual([
      ['call', { server: 'github', tool: 'create_issue', args: { title: 'x' } }],
      ['call', { server: 'git-hub', tool: 'b', args: {} }],
    ]);
  });

  it.each(['undefined', 'null', '{}', '{ limit: 0 }', '{ limit: NaN }', '{ limit: "x" }', '{ limit: 1.5 }'])(
    'runs all of a list, whatever the options are: %s',
    async (options) => {
      const program = `const said = await tools.parallel([() => 1, ['s', 't'], () => 3], ${options});
        return [said.length, said.filter(Boolean).length, (await tools.search('q', null)) === undefined, await tools.call('s', 't', {}, null)]`;
      expect((await runAlone(program, () => text({ n: 1 }))).done).toBe('[3,3,true,{"n":1}]');
    },
  );

  it.each([
    ['structured content', { content: [{ type: 'text', text: 'x' }], structuredContent: { a: 1 } }, '{"a":1}'],
    ['JSON text', { content: [{ type: 'text', text: '[1]' }] }, '[1]'],
    ['text', { content: [{ type: 'text', text: 'x' }] }, '"x"'],
  ])('reads a result as a value: %s', async (_, result, value) => {
    expect((await runAlone('return servers.s.t()', () => ({ result }))).done).toBe(value);
    const raw = await runAlone('return servers.s.t({}, { raw: true })', () => ({ result }));
    expect(raw.done).toBe(JSON.stringify(result));
  });

  it('sees failures as errors with a code', async () => {
    const program =
      'try { await servers.s.t() } catch (e) { return [e.name, e.code, e.message, e instanceof ToolError] }';
    const denied = await runAlone(program, () => ({ error: { code: 'DENIED_BY_POLICY', message: 'no' } }));
    expect(denied.done).toBe('["ToolError","DENIED_BY_POLICY","no",true]');
    const failed = {
      content: [{ type: 'text', text: '{"error":{"code":"TIMEOUT","message":"late"}}' }],
      isError: true,
    };
    expect((await runAlone(program, () => ({ result: failed }))).done).toBe('["ToolError","TIMEOUT","late",true]');
    const said = { content: [{ type: 'text', text: 'sorry' }], isError: true };
    expect((await runAlone(program, () => ({ result: said }))).done).toBe('["ToolError","TOOL_FAILED","sorry",true]');
  });

  it.each([
    ['throw new Error("x")', { name: 'Error', message: 'x', line: 1, column: 16 }],
    ['let a = 1;\n  a.b.c', { name: 'TypeError', line: 2, column: 6 }],
    ['let a = 1;\nlet b = = 2', { name: 'SyntaxError', line: 2 }],
    ['\n\nreturn fetch("x")', { name: 'ReferenceError', line: 3, column: 8 }],
    ['const a: number = 1;\nthrow new Error("y")', { message: 'y', line: 2, column: 16 }],
    ['await tools.serch("x")', { message: 'tools.serch does not exist: did you mean tools.search?', line: 1 }],
    ['return 1n', { name: 'TypeError' }],
    ['throw { get message() { throw 1 } }', { message: '[object Object]' }],
    ['throw null', { message: 'null' }],
  ])('fails where its agent wrote it: %s', async (program, failure) => {
    expect((await runAlone(program)).failed).toMatchObject(failure);
  });
});
