/** Results that fit, and errors that teach. */
import path from 'node:path';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { linesOf, makeHome, servers, withPrincipals } from './support/home.ts';
import { CORNERS, type Front, open, overMatrix } from './support/matrix.ts';
import { fixture } from './support/paths.ts';
import { callTool, dataOf, errorOf, execute, type ToolResult, textOf } from './support/tools.ts';

overMatrix(CORNERS, (kind) => {
  let front: Front;
  let calls: string;
  beforeAll(async () => {
    const { dir, remove } = makeHome();
    calls = path.join(dir, 'calls');
    afterAll(remove);
    front = await open(kind, {
      servers: servers({
        results: fixture('results'),
        careful: { ...fixture('results', { CALLS_FILE: calls }), validate_arguments: 'before' },
      }),
      rules: withPrincipals({
        free: { allow: { servers: ['*'] } },
        other: { allow: { servers: ['*'] } },
        limited: { allow: { servers: ['results'] }, max_result_tokens: 500 },
        partial: { allow: { servers: ['results'], tools: { results: ['long_text', 'set_*'] } } },
      }),
    });
  });
  afterAll(() => front.stop());

  const run = (tool: string, more: object = {}, agent = 'free', server = 'results'): Promise<ToolResult> =>
    callTool(front.rpc, 'execute_tool', { server, tool, agent_id: agent, ...more });
  const textsOf = ({ content }: ToolResult): string[] => content.map(({ text }) => text ?? '');
  const handleIn = (text: string | undefined): string => /handle: "([^"]+)"/.exec(text ?? '')?.[1] ?? '';
  const read = (args: object, agent = 'free'): Promise<ToolResult> =>
    callTool(front.rpc, 'read_result', { agent_id: agent, ...args });

  it('leaves a result alone where nobody set a limit', async () => {
    const result = await run('long_text');
    expect(result.content).toHaveLength(1);
    expect(result['_meta']).toMatchObject({ 'example.com/kept': 1 });
    expect((await run('list_items')).structuredContent).toBeDefined();
  });

  it('cuts at a line, and reads on to the end without a gap', async () => {
    const whole = textOf(await run('long_text'));
    const result = await run('long_text', { max_result_tokens: 1000 });
    const [first = '', hint = ''] = textsOf(result);
    expect(result['_meta']).toMatchObject({ 'example.com/kept': 1 });
    expect(encode(first).length).toBeLessThan(1200);
    expect(encode(first).length).toBeGreaterThan(600);
    expect(first.endsWith('\n')).toBe(true);
    const handle = handleIn(hint);
    let read_so_far = first;
    let offset = Number(/offset: (\d+)/.exec(hint)?.[1]);
    expect(offset).toBe(first.length);
    for (let piece = 0; piece < 20 && !Number.isNaN(offset); piece++) {
      const text = textOf(await read({ handle, offset, max_result_tokens: 9000 }));
      const next = /\n\n\[\d+ tokens are left: read on at offset (\d+)\.\]$/.exec(text);
      read_so_far += next === null ? text : text.slice(0, next.index);
      offset = next === null ? Number.NaN : Number(next[1]);
    }
    expect(read_so_far).toBe(whole);
  });

  it('obeys the limit of the rules, whatever the call asks for', async () => {
    const [first = '', hint] = textsOf(await run('long_text', { max_result_tokens: 100_000 }, 'limited'));
    expect(encode(first).length).toBeLessThan(600);
    const more = textOf(await read({ handle: handleIn(hint), offset: 0, max_result_tokens: 100_000 }, 'limited'));
    expect(encode(more).length).toBeLessThan(700);
  });

  it('selects from structured content and from JSON text', async () => {
    expect(dataOf(await run('list_items', { select: 'items[?id>`1497`].name' }))).toEqual(['item 1498', 'item 1499']);
    expect(dataOf(await run('json_text', { select: '[0].{id: id, tag: tags[0]}' }))).toEqual({ id: 0, tag: 'a' });
    const [data, note] = textsOf(await run('long_text', { select: 'items' }));
    expect(data).toContain('Line 0');
    expect(note).toContain('select was not applied');
    expect(errorOf(await run('json_text', { select: '[[' })).code).toBe('INVALID_ARGUMENTS');
    const [structured = '', hint] = textsOf(await run('list_items', { max_result_tokens: 300 }));
    expect(encode(structured).length).toBeLessThan(400);
    expect(dataOf(await read({ handle: handleIn(hint), select: 'length(items)' }))).toBe(1500);
  });

  it('never cuts a picture', async () => {
    const result = await run('picture', { max_result_tokens: 300 });
    expect(result.content.map(({ type }) => type)).toEqual(['text', 'image', 'text']);
    expect(String(result.content[1]?.['data'])).toHaveLength(40_000);
  });

  it('gives a result to nobody else', async () => {
    const handle = handleIn(textsOf(await run('long_text', { max_result_tokens: 300 }))[1]);
    expect(errorOf(await read({ handle }, 'other')).code).toBe('TOOL_NOT_FOUND');
    expect(textOf(await read({ handle }, 'other'))).toBe(textOf(await read({ handle: 'r_unknown' }, 'other')));
    expect((await read({ handle })).isError).not.toBe(true);
    expect(errorOf(await read({ handle, offset: 10_000_000 })).code).toBe('INVALID_ARGUMENTS');
  });

  it('says what did not fit when the server failed the call', async () => {
    const failed = await run('set_state', { args: { state: 'shut', labels: 'bug' } });
    expect(failed.isError).toBe(true);
    const [said, hint = ''] = textsOf(failed);
    expect(said).toBe('no such state');
    expect(hint).toContain('/state must be equal to one of the allowed values: "open", "closed"');
    expect(hint).toContain('/labels must be array');
    expect(hint).toContain('set_state(state: "open"|"closed", labels?: string[], code?: string)');
    // Arguments that fit are not blamed, and patterns are never run.
    expect(textsOf(await run('set_state', { args: { state: 'closed', code: `${'a'.repeat(40)}!` } }))).toHaveLength(1);
    const { message } = await front.rpc.call('tools/call', {
      name: 'execute_tool',
      arguments: { server: 'results', tool: 'refuse', args: {}, agent_id: 'free' },
    });
    expect(message.error).toMatchObject({
      code: -32602,
      message: expect.stringContaining('refuse(n: integer)') as unknown,
    });
  });

  it('refuses arguments that do not fit where the server wants that', async () => {
    const refused = await run('set_state', { args: {} }, 'free', 'careful');
    expect(errorOf(refused).code).toBe('INVALID_ARGUMENTS');
    expect(errorOf(refused).message).toContain("must have required property 'state'");
    expect(linesOf(calls)).toEqual([]);
    expect(textOf(await run('set_state', { args: { state: 'open' } }, 'free', 'careful'))).toBe('done');
  });

  it('suggests the nearest names among those that the agent may use', async () => {
    const unknown = async (tool: string, agent: string): Promise<string> => errorOf(await run(tool, {}, agent)).message;
    expect(await unknown('long_txt', 'free')).toContain("Did you mean 'long_text'?");
    expect(await unknown('items_list', 'free')).toContain("Did you mean 'list_items'?");
    expect(await unknown('set_stat', 'partial')).toContain("Did you mean 'set_state'?");
    expect(await unknown('set_list_items', 'partial')).not.toContain("list_items'?");
    const server = await execute(front.rpc, { server: 'reslts', tool: 'x', agent_id: 'free' });
    expect(errorOf(server).message).toContain("Did you mean 'results'?");
  });
});
