import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EditError, entriesOf, isSame, toData } from './data.ts';
import { decode, editBytes, readData } from './editor.ts';
import { samples } from './testing.ts';

const ENTRY = { command: 'npx', args: ['-y', 'agent-mcp-gateway'], env: { A: 'b "c"' } };
const ALL = samples();

it('there are at least 120 files', () => expect(ALL.length).toBeGreaterThanOrEqual(120));

describe.each(ALL)('$name', ({ format, container, bytes }) => {
  it('an entry comes and goes, byte for byte', () => {
    const added = editBytes(format, bytes, [{ container, name: 'gateway', value: ENTRY }]);
    const entry = entriesOf(readData(format, added.bytes), container).get('gateway');
    const wanted = container.nameKey === undefined ? ENTRY : { [container.nameKey]: 'gateway', ...ENTRY };
    expect(isSame(entry, toData(wanted))).toBe(true);
    const [made = 0] = added.made;
    const removed = editBytes(format, added.bytes, [{ container, name: 'gateway', made }]);
    expect(removed.bytes.toString()).toBe(bytes.toString());
  });

  it('lines that were there stay, in their order', () => {
    const { bytes: added } = editBytes(format, bytes, [{ container, name: 'gateway', value: ENTRY }]);
    const lines = added.toString().split(/\r?\n/);
    let at = 0;
    for (const line of bytes.toString().split(/\r?\n/)) {
      const bare = (text: string): string => text.replaceAll(/[,\s{}]/g, '');
      if (bare(line) === '') continue;
      while (at < lines.length && !bare(lines[at] ?? '').startsWith(bare(line))) at++;
      expect(at, line).toBeLessThan(lines.length);
      at++;
    }
  });

  it('line endings are those of the file', () => {
    const { bytes: added } = editBytes(format, bytes, [{ container, name: 'gateway', value: ENTRY }]);
    const { text } = decode(bytes);
    const isCrlf = text.includes('\r\n');
    if (text.includes('\n')) expect(/(?<!\r)\n/.test(decode(added).text)).toBe(!isCrlf);
  });

  it('every entry can be taken out and changed, and the others stay', () => {
    const entries = entriesOf(readData(format, bytes), container);
    for (const name of entries.keys()) {
      const rest = entriesOf(readData(format, editBytes(format, bytes, [{ container, name }]).bytes), container);
      expect([...rest.keys()].sort()).toEqual([...entries.keys()].filter((key) => key !== name).sort());
      const changed = editBytes(format, bytes, [{ container, name, value: ENTRY }]);
      expect(entriesOf(readData(format, changed.bytes), container).size).toBe(entries.size);
    }
  });

  it('all entries can be replaced by ours', () => {
    const names = [...entriesOf(readData(format, bytes), container).keys()];
    const changes = names.map((name) => ({ container, name }));
    const { bytes: made } = editBytes(format, bytes, [...changes, { container, name: 'gateway', value: ENTRY }]);
    expect([...entriesOf(readData(format, made), container).keys()]).toEqual(['gateway']);
  });
});

describe('files that are refused, with place and reason', () => {
  it.each<[string, Parameters<typeof editBytes>[0], string | Buffer, RegExp, [number, number] | undefined]>([
    ['UTF-16', 'json', Buffer.from('\ufeff{}', 'utf16le'), /UTF-16/, [1, 1]],
    ['Latin-1', 'json', Buffer.from('{"a": "é"}', 'latin1'), /UTF-8/, undefined],
    ['cut off', 'json', '{\n  "mcpServers": {', /valid JSON/, [2, 18]],
    ['a list', 'json', '[]', /no object/, [1, 1]],
    ['two entries of a name', 'json', '{\n "mcpServers": {"gateway": {}, "gateway": {}}}', /twice/, [2, 32]],
    ['two maps', 'json', '{"mcpServers": {},\n"mcpServers": {}}', /twice/, [2, 1]],
    ['a map that is a list', 'json', '{"mcpServers": []}', /no object/, [1, 16]],
    ['JSON5', 'json', "{mcpServers: {'a': 1}}", /valid JSON/, [1, 2]],
    ['too deep', 'json', `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`, /deep/, undefined],
    ['broken TOML', 'toml', 'a = 1\nb = \n', /valid TOML/, [2, 5]],
    ['twice in TOML', 'toml', '[mcpServers.a]\n[mcpServers.a]\n', /valid TOML/, [2, 2]],
    ['a text in TOML', 'toml', 'mcpServers = "x"\n', /no table/, undefined],
    ['broken YAML', 'yaml', 'a: [1\nb: 2\n', /valid YAML/, undefined],
    ['tabs in YAML', 'yaml', 'mcpServers:\n\ta: 1\n', /YAML/, undefined],
    ['several documents', 'yaml', 'a: 1\n---\nb: 2\n', /several/, [2, 1]],
    ['an alias', 'yaml', 'x: &x\n  a: 1\nmcpServers: *x\n', /in place/, undefined],
    ['twice in YAML', 'yaml', 'mcpServers:\n  gateway: 1\n  gateway: 2\n', /twice/, [3, 3]],
  ])('%s', (_name, format, content, reason, place) => {
    const change = () =>
      editBytes(format, Buffer.from(content), [{ container: { path: ['mcpServers'] }, name: 'gateway', value: ENTRY }]);
    expect(change).toThrow(EditError);
    try {
      change();
    } catch (error) {
      expect((error as EditError).message).toMatch(reason);
      if (place !== undefined) expect((error as EditError).position).toEqual({ line: place[0], column: place[1] });
    }
  });
});

describe('files that hold nothing yet', () => {
  it.each([
    ['json', ''],
    ['json', '\n'],
    ['json', '// mine\n'],
    ['json', '{}'],
    ['json', '{\n}\n'],
    ['json', '{ "theme": "dark" }'],
    ['json', '{"theme":"dark"}'],
    ['toml', ''],
    ['toml', 'model = "x"'],
    ['yaml', ''],
    ['yaml', '# mine\n'],
    ['yaml', 'GOOSE_MODEL: x'],
    ['yaml', 'mcpServers:\nother: 1\n'],
    ['yaml', 'mcpServers: {}\n'],
    ['yaml', '{ "mcpServers": {} }'],
  ] as const)('%s %j', (format, text) => {
    const container = { path: ['mcpServers'] };
    const { bytes, made } = editBytes(format, Buffer.from(text), [{ container, name: 'gateway', value: ENTRY }]);
    expect([...entriesOf(readData(format, bytes), container).keys()]).toEqual(['gateway']);
    const removed = editBytes(format, bytes, [{ container, name: 'gateway', made: made[0] }]);
    expect(entriesOf(readData(format, removed.bytes), container).size).toBe(0);
    for (const line of text.split('\n')) expect(removed.bytes.toString()).toContain(line.replace(/[{}]/g, '').trim());
  });
});

it('property: in any JSON, an entry comes and goes, byte for byte', () => {
  const gap = fc.constantFrom('', ' ', '\n', '\n  ', ' // c\n', '/* c, } */', '\r\n\t', '\n\n');
  const leaf = fc.constantFrom('1', '"a, }"', 'null', '[1, 2]', '{}', '{"x": "// no"}');
  const members = fc.array(
    fc.record({
      key: fc.integer({ min: 0, max: 999 }),
      value: leaf,
      gaps: fc.array(gap, { minLength: 4, maxLength: 4 }),
    }),
    { minLength: 1, maxLength: 5 },
  );
  const object = fc.tuple(members, fc.boolean(), gap).map(([list, trailing, end]) => {
    const unique = [...new Map(list.map((one) => [one.key, one])).values()];
    const body = unique.map(
      ({ key, value, gaps: [a = '', b = '', c = '', d = ''] }) => `${a}"k${key}"${b}:${c}${value}${d}`,
    );
    return `{${body.join(',')}${trailing ? ',' : ''}${end}}`;
  });
  fc.assert(
    fc.property(object, gap, gap, (inner, before, after) => {
      const text = `${before}{"mcpServers":${after}${inner}${before}}${after}`;
      const container = { path: ['mcpServers'] };
      const added = editBytes('json', Buffer.from(text), [{ container, name: 'gateway', value: ENTRY }]);
      const removed = editBytes('json', added.bytes, [{ container, name: 'gateway' }]);
      expect(removed.bytes.toString()).toBe(text);
    }),
    { numRuns: 1000 },
  );
});

it('a file of 5 MB is edited in one go', () => {
  const history = Object.fromEntries(
    Array.from({ length: 5000 }, (_, at) => [`/p/${at}`, { history: ['x'.repeat(1000)] }]),
  );
  const text = `${JSON.stringify({ projects: history, mcpServers: { a: { command: 'a' } } }, null, 2)}\n`;
  const container = { path: ['mcpServers'] };
  const added = editBytes('json', Buffer.from(text), [{ container, name: 'gateway', value: ENTRY }]);
  expect(editBytes('json', added.bytes, [{ container, name: 'gateway' }]).bytes.equals(Buffer.from(text))).toBe(true);
});
