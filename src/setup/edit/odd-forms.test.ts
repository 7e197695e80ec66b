import { describe, expect, it } from 'vitest';
import { entriesOf, isSame, toData } from './data.ts';
import { editBytes, type Format, readData } from './editor.ts';

const ENTRY = { command: 'npx', args: ['-y', 'agent-mcp-gateway'], env: { A: 'b "c"' } };

/** Forms that the formats allow and few people write; what is behind `|` is what somebody writes into the file afterwards. */
const FORMS: readonly (readonly [
  format: Format,
  path: string,
  nameKey: string | undefined,
  text: string,
  more: string,
])[] = [
  ['toml', 'mcp_servers', undefined, 'mcp_servers = { a = { command = "a" } }\n', 'x = 1\n'],
  ['toml', 'mcp_servers', undefined, 'mcp_servers = {}\n', 'x = 1\n'],
  ['toml', 'mcp_servers', undefined, 'mcp_servers = { } # none\n', 'x = 1\n'],
  ['toml', 'mcp_servers', undefined, "mcp_servers = { 'a.b' = { command = 'a' }, c = {} } # two\n", 'x = 1\n'],
  [
    'toml',
    'mcp_servers',
    undefined,
    'mcp_servers = { b.url = "b", a.command = "a", a.args = ["}", "#"] }\n',
    'x = 1\n',
  ],
  ['toml', 'mcp_servers', undefined, '[mcp_servers]\n', '[x]\n'],
  ['toml', 'mcp_servers', undefined, '[mcp_servers] # none\n\n[tui]\na = 1\n', 'b = 1\n'],
  ['toml', 'mcp_servers', undefined, '[mcp_servers]\na.command = "a"\n[tui]\n', 'b = 1\n'],
  ['toml', 'mcp_servers', undefined, '  [mcp_servers.a]\n  command = "a"\n', '[x]\n'],
  ['toml', 'mcp_servers', undefined, '"mcp_servers".a.command = "a"\n', '[x]\n'],
  ['toml', 'mcp_servers', undefined, '# only a comment', '\nx = 1\n'],
  ['toml', 'mcp_servers', undefined, 'a = 1\n\n\n', 'x = 1\n'],
  ['toml', 'mcp_servers', undefined, '[[mcp_servers_of]]\na = 1\n', 'x = 1\n'],
  ['yaml', 'extensions', undefined, 'extensions: {}\n', 'x: 1\n'],
  ['yaml', 'extensions', undefined, 'extensions:\nx: 1\n', 'y: 1\n'],
  ['yaml', 'extensions', undefined, 'extensions: # none\nx: 1\n', 'y: 1\n'],
  ['yaml', 'extensions', undefined, 'extensions: ~\n', 'y: 1\n'],
  ['yaml', 'extensions', undefined, 'extensions: null # none\n', 'y: 1\n'],
  ['yaml', 'extensions', undefined, 'extensions: {\n  a: {cmd: a},\n  b: {cmd: b}\n}\n', 'y: 1\n'],
  ['yaml', 'extensions', undefined, 'extensions: {a: {cmd: a},}\n', 'y: 1\n'],
  ['yaml', 'extensions', undefined, '"extensions":\n  "a":\n    cmd: a\n', 'y: 1\n'],
  ['yaml', 'extensions', undefined, 'extensions:\n  a: &a\n    cmd: a\n  b:\n    <<: *a\n', 'y: 1\n'],
  ['yaml', 'extensions', undefined, 'extensions:\n    a:\n      cmd: a\n\n\n', 'y: 1\n'],
  ['yaml', 'extensions', undefined, 'extensions:\n  a:\n    cmd: a\n    # the end of a\n', 'y: 1\n'],
  ['yaml', 'extensions', undefined, 'extensions:\n  a:\n    cmd: a\n  # nothing more\n', 'y: 1\n'],
  ['yaml', 'extensions', undefined, '%YAML 1.2\n---\nextensions:\n  a: {cmd: a}\n', 'y: 1\n'],
  ['yaml', 'mcpServers', 'name', 'mcpServers: []\n', 'y: 1\n'],
  ['yaml', 'mcpServers', 'name', 'mcpServers:\nx: 1\n', 'y: 1\n'],
  ['yaml', 'mcpServers', 'name', 'mcpServers: [{name: a, command: a}]\n', 'y: 1\n'],
  ['yaml', 'mcpServers', 'name', 'mcpServers:\n  -\n    name: a\n    command: a\n', 'y: 1\n'],
  ['yaml', 'mcpServers', 'name', 'mcpServers:\n  - command: a\n    name: a\n  - uses: other/one\n', 'y: 1\n'],
  ['yaml', 'mcpServers', 'name', 'mcpServers:\n  # first\n  - name: a\n\n  - name: b # b\n', 'y: 1\n'],
  ['json', 'mcpServers', undefined, '{"mcpServers": null}', '\n'],
  ['json', 'mcpServers', undefined, '{\n  "a": 1,\n  "mcpServers": null\n}\n', '\n'],
];

describe.each(FORMS)('%s: %s %s %j', (format, path, nameKey, text, more) => {
  const container = { path: [path], nameKey };

  it('takes an entry, and loses it again where somebody else has written since', () => {
    const added = editBytes(format, Buffer.from(text), [{ container, name: 'gateway', value: ENTRY }]);
    const wanted = nameKey === undefined ? ENTRY : { [nameKey]: 'gateway', ...ENTRY };
    expect(isSame(entriesOf(readData(format, added.bytes), container).get('gateway'), toData(wanted))).toBe(true);
    const since = Buffer.concat([added.bytes, Buffer.from(more)]);
    const removed = editBytes(format, since, [{ container, name: 'gateway', made: added.made[0] ?? 0 }]).bytes;
    expect(entriesOf(readData(format, removed), container).has('gateway')).toBe(false);
    const others = (bytes: Buffer): string[] => [...entriesOf(readData(format, bytes), container).keys()];
    expect(others(removed)).toEqual(others(Buffer.from(text)));
  });

  it('loses every entry that it has', () => {
    const names = [...entriesOf(readData(format, Buffer.from(text)), container).keys()];
    for (const name of names) {
      const { bytes } = editBytes(format, Buffer.from(text), [{ container, name }]);
      const left = names.filter((one) => one !== name);
      expect([...entriesOf(readData(format, bytes), container).keys()]).toEqual(left);
    }
  });
});
