import { describe, expect, it } from 'vitest';
import { readToolsPage, type ToolEntry } from './tool-entry.ts';

function only(text: string, hasHeaders = false): ToolEntry {
  const [entry] = readToolsPage(`{"tools":[${text}]}`, hasHeaders)?.tools ?? [];
  if (entry === undefined) throw new Error('no tool');
  return entry;
}

const hash = (text: string): string => only(text).hash;

describe('a tool definition', () => {
  it('is kept as the server wrote it', () => {
    const raw = '{ "name":"a", "x": 12345678901234567890, "inputSchema": { "maximum": 1e400 } }';
    expect(only(raw)).toMatchObject({ raw, inputSchema: '{"maximum":1e400}' });
    expect(only('{"name":"a"}').inputSchema).toBe('{"type":"object"}');
  });

  it('is known by all of it, white space and order aside', () => {
    const base = '{"name":"a","description":"d","inputSchema":{"type":"object"}}';
    expect(hash('{"inputSchema": {"type" :"object"}, "description":"d", "name":"a"}')).toBe(hash(base));
    for (const other of [
      '{"name":"b","description":"d","inputSchema":{"type":"object"}}',
      '{"name":"a","description":"e","inputSchema":{"type":"object"}}',
      '{"name":"a","description":"d","inputSchema":{"type":"objec"}}',
      '{"name":"a","description":"d","inputSchema":{"type":"object"},"title":"t"}',
      '{"name":"a","description":"d","inputSchema":{"type":"object"},"annotations":{}}',
      '{"name":"a","description":"d","inputSchema":{"type":"object"},"_meta":{}}',
      '{"name":"a","description":"d","inputSchema":{"type":"object"},"outputSchema":{}}',
      '{"name":"a","description":"d","inputSchema":{"type":"object"},"icons":[]}',
      '{"name":"a","description":"d","inputSchema":{"type":"object"},"execution":{}}',
    ]) {
      expect(hash(other)).not.toBe(hash(base));
    }
  });

  it('is left out over HTTP when its header annotations are invalid', () => {
    const text = '{"tools":[{"name":"a","inputSchema":{"properties":{"p":{"type":"number","x-mcp-header":"P"}}}}]}';
    expect(readToolsPage(text, false)?.tools).toHaveLength(1);
    expect(readToolsPage(text, true)).toMatchObject({
      tools: [],
      rejected: [expect.stringContaining('"a" is left out')],
    });
  });

  it('is no list where the result has none', () => {
    expect(readToolsPage('{"tools":{}}', false)).toBeUndefined();
    expect(readToolsPage('{}', false)).toBeUndefined();
    expect(readToolsPage('{"tools":[1,{}],"nextCursor":"n"}', false)).toMatchObject({ tools: [], nextCursor: 'n' });
  });
});
