/** A configuration that does not validate: nothing starts, exit 1, no port opened, and a sentence that says where. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { launch } from '../support/gateway.ts';
import { makeHome, servers, withPrincipals } from '../support/home.ts';
import { fixture } from '../support/paths.ts';
import { assertGone } from '../support/process.ts';

const SETUP = {
  servers: servers({ calc: fixture('calc', { LABEL: 'here' }) }),
  rules: withPrincipals({ default: { allow: { servers: ['*'] } } }),
  env: { GATEWAY_INIT_STRATEGY: 'lazy' },
};

describe('a configuration that does not validate: nothing starts, exit 1, no port opened', () => {
  const good = { servers: SETUP.servers, rules: SETUP.rules };
  const CASES: readonly (readonly [string, { servers?: unknown; rules?: unknown }, RegExp])[] = [
    ['servers that are no JSON', { servers: '{"mcpServers": {' }, /\.mcp\.json:1:\d+/],
    ['servers without a map', { servers: '{}' }, /\.mcp\.json/],
    ['servers that are an array', { servers: '[]' }, /\.mcp\.json/],
    ['a servers map of the wrong type', { servers: '{"mcpServers": []}' }, /\.mcp\.json/],
    [
      'a key twice',
      { servers: '{"mcpServers": {\n "a": {"command": "x"},\n "a": {"command": "y"}}}' },
      /\.mcp\.json:3:2/,
    ],
    ['invalid UTF-8', { servers: Buffer.from([0x7b, 0x0a, 0x22, 0xff, 0x22, 0x7d]) }, /\.mcp\.json:2:2/],
    ['rules that are no JSON', { rules: '{\n"agents": {},\n,}' }, /rules\.json:3:1/],
    ['rules without agents', { rules: '{}' }, /rules\.json/],
    ['an agent id that is none', { rules: { agents: { 'a b': {} } } }, /rules\.json:3:5/],
    ['a list of the wrong type', { rules: { agents: { a: { allow: { servers: 'x' } } } } }, /rules\.json:5:\d+/],
    [
      'a pattern that is too long',
      { rules: { agents: { a: { allow: { servers: ['x'.repeat(257)] } } } } },
      /rules\.json/,
    ],
    [
      'a token hash that is none',
      { rules: { agents: {}, principals: { p: { token_sha256: 'x', may_assume: [] } } } },
      /token_sha256/,
    ],
  ];

  it.each(CASES)('%s', async (_what, files, place) => {
    for (const transport of ['stdio', 'http']) {
      const home = makeHome(good);
      for (const [name, content] of Object.entries(files)) {
        const text =
          typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content, null, 2);
        writeFileSync(home[name as 'servers' | 'rules'], text);
      }
      const { running } = launch(
        ['serve', '--transport', transport, ...(transport === 'http' ? ['--port', '0'] : [])],
        { home },
      );
      expect((await running.stop(null, 20_000)).code).toBe(1);
      expect(running.stderr()).toMatch(place);
      expect(running.stderr()).not.toContain('listening on');
      expect(running.stderr()).not.toMatch(/^\s+at .*:\d+:\d+/m);
      await assertGone(home.dir);
      home.remove();
    }
  });

  it('a file that is not there', async () => {
    const home = makeHome(good);
    for (const flag of ['--mcp-config', '--rules']) {
      const { running } = launch(['serve', flag, '/nonexistent/file.json'], { home });
      expect((await running.stop(null)).code).toBe(1);
      expect(running.stderr()).toContain('/nonexistent/file.json');
    }
    home.remove();
  });

  it('no files at all: says where it looked, and what to run', async () => {
    const { home, running } = launch([], {});
    expect((await running.stop(null)).code).toBe(1);
    expect(running.stderr()).toContain(home.servers);
    expect(running.stderr()).toContain('init');
    home.remove();
  });

  it('a directory in the place of a file', async () => {
    const home = makeHome({ servers: good.servers });
    mkdirSync(home.rules);
    const { running } = launch([], { home });
    expect((await running.stop(null)).code).toBe(1);
    expect(running.stderr()).toContain(home.rules);
    home.remove();
  });
});
