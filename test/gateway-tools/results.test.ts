/** Results that fit, and errors that teach. */
import path from 'node:path';
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { linesOf, makeHome, servers, withPrincipals } from '../support/home.ts';
import { CORNERS, type Front, open, overMatrix } from '../support/matrix.ts';
import { fixture } from '../support/paths.ts';
import { callTool, dataOf, errorOf, execute, type ToolResult, textOf } from '../support/tools.ts';

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
    const [hint = '', first = ''] = textsOf(result);
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
      const next = /^\[\d+ tokens follow this piece: read on at offset (\d+)\.\]\n\n/.exec(text);
      read_so_far += text.slice(next?.[0].length ?? 0);
      offset = next === null ? Number.NaN : Number(next[1]);
    }
    expect(read_so_far).toBe(whole);
  });

  it('obeys the limit of the rules, whatever the call asks for', async () => {
    const [hint, first = ''] = textsOf(await run('long_text', { max_result_tokens: 100_000 }, 'limited'));
    expect(encode(first).length).toBeLessThan(600);
    const more = textOf(await read({ handle: handleIn(hint), offset: 0, max_result_tokens: 100_000 }, 'limited'));
    expect(encode(more).length).toBeLessThan(700);
  });

  it('selects from structured content and from JSON text', async () => {
    expect(dataOf(await run('list_items', { select: 'items[?id>`1497`].name' }))).toEqual(['item 1498', 'item 1499']);
    expect(dataOf(await run('json_text', { select: '[0].{id: id, tag: tags[0]}' }))).toEqual({ id: 0, tag: 'a' });
    const [note, data] = textsOf(await run('long_text', { select: 'items' }));
    expect(data).toContain('Line 0');
    expect(note).toContain('select was not applied');
    expect(errorOf(await run('json_text', { select: '[[' })).code).toBe('INVALID_ARGUMENTS');
    const [hint, structured = ''] = textsOf(await run('list_items', { max_result_tokens: 300 }));
    expect(encode(structured).length).toBeLessThan(400);
    expect(dataOf(await read({ handle: handleIn(hint), select: 'length(items)' }))).toBe(1500);
  });

  it.each([
    ['items[:2].id', [0, 1]],
    ['length(items)', 1500],
    ['items[3].name', 'item 3'],
    ['items[0].id == `1`', false],
    ['nothing', null],
  ])('gives what is JSON and no object as an object too, for clients that want one: %s', async (select, value) => {
    const result = await run('list_items', { select });
    expect(dataOf(result)).toEqual(value);
    expect(result.structuredContent).toEqual({ result: value });
    const handle = handleIn(textsOf(await run('list_items', { max_result_tokens: 300 }))[0]);
    expect((await read({ handle, select })).structuredContent).toEqual({ result: value });
  });

  it('says an object once, and what is no JSON too', async () => {
    expect(await run('list_items', { select: 'items[0]' })).not.toHaveProperty('structuredContent');
    const handle = handleIn(textsOf(await run('long_text', { max_result_tokens: 300 }))[0]);
    expect(await read({ handle })).not.toHaveProperty('structuredContent');
    const listed = await callTool(front.rpc, 'list_servers', { agent_id: 'free' });
    expect(listed.structuredContent).toEqual({ result: dataOf(listed) });
    expect(await callTool(front.rpc, 'get_server_tools', { server: 'results', agent_id: 'free' })).not.toHaveProperty(
      'structuredContent',
    );
  });

  it('takes numbers and booleans that a model wrote as strings, and nothing else in them', async () => {
    for (const limit of ['300', ' 300 ', '300.0']) {
      expect(textsOf(await run('long_text', { max_result_tokens: limit }))[0], limit).toContain('Cut here');
    }
    for (const limit of ['', '3e2', '-1', '0', '1.5', 'many', '0x10', true, [300]]) {
      const result = await run('long_text', { max_result_tokens: limit });
      expect(errorOf(result).code, JSON.stringify(limit)).toBe('INVALID_ARGUMENTS');
    }
    const listed = (include_metadata: unknown): Promise<ToolResult> =>
      callTool(front.rpc, 'list_servers', { include_metadata, agent_id: 'free' });
    for (const yes of [true, 'true', 'True', '1', 1]) expect(textOf(await listed(yes))).toContain('"transport"');
    for (const no of [false, 'false', '0', null]) expect(textOf(await listed(no))).not.toContain('"transport"');
    for (const odd of ['maybe', 2, '', {}]) expect(errorOf(await listed(odd)).code).toBe('INVALID_ARGUMENTS');
  });

  it('never cuts a picture', async () => {
    const result = await run('picture', { max_result_tokens: 300 });
    expect(result.content.map(({ type }) => type)).toEqual(['text', 'text', 'image']);
    expect(String(result.content[2]?.['data'])).toHaveLength(40_000);
  });

  it('gives a result to nobody else', async () => {
    const handle = handleIn(textsOf(await run('long_text', { max_result_tokens: 300 }))[0]);
    expect(errorOf(await read({ handle }, 'other')).code).toBe('UNKNOWN_HANDLE');
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
    expect(errorOf(await run('refuse', { args: {} }))).toMatchObject({
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
