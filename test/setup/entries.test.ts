/** Single servers by commands: add, also in the syntax of other clients and from a registry, remove, enable, disable, secrets, status. */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { parse } from 'jsonc-parser';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { serveHttp, serveStdio } from '../support/gateway.ts';
import { fileText, type Home, makeHome, servers, withPrincipals } from '../support/home.ts';
import { fixture, fixturePath } from '../support/paths.ts';
import { runCli } from '../support/process.ts';
import { executeText } from '../support/tools.ts';

const TOKEN = 'ghp_0123456789abcdefghijABCDEFGHIJ012345';
const COMMENTED = `{
  // what I use
  "mcpServers": {
    "notes": { "command": "notes", "args": ["-x"] }, // mine
  }
}
`;

let home: Home;
beforeEach(() => {
  home = makeHome({ servers: COMMENTED, rules: { agents: { default: { allow: { servers: ['*'] } } } } });
});
afterEach(() => home.remove());

type Ran = Awaited<ReturnType<typeof runCli>>;
const run = (args: readonly string[], env: Record<string, string> = {}, input = ''): Promise<Ran> =>
  runCli(args, { env: { ...home.env, ...env }, cwd: home.cwd, input });

async function good(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
  const { code, stdout, stderr } = await run(args, env);
  expect(code, stderr).toBe(0);
  expect(stdout + stderr).not.toContain(TOKEN);
  return stdout;
}

const entryOf = (name: string): unknown => {
  const file = parse(readFileSync(home.servers, 'utf8'), [], { allowTrailingComma: true });
  return (file as { mcpServers: Record<string, unknown> }).mcpServers[name];
};

describe('add', () => {
  it.each<[string, readonly string[], unknown]>([
    ['a command', ['x', '--', 'npx', '-y', 'server'], { command: 'npx', args: ['-y', 'server'] }],
    ['an address', ['x', '--url', 'https://x.example/mcp'], { url: 'https://x.example/mcp' }],
    [
      'headers',
      ['x', '--url', 'https://x.example', '--header', 'X-Team: a: b', '-H', 'X-B: c'],
      { url: 'https://x.example', headers: { 'X-Team': 'a: b', 'X-B': 'c' } },
    ],
    [
      'as claude mcp add, HTTP',
      ['--transport', 'http', 'x', 'https://x.example/mcp'],
      { type: 'http', url: 'https://x.example/mcp' },
    ],
    [
      'as claude mcp add, SSE',
      ['-t', 'sse', '-s', 'user', 'x', 'https://x.example/sse'],
      { type: 'sse', url: 'https://x.example/sse' },
    ],
    [
      'as claude mcp add, stdio',
      ['x', '--env', 'A=1', '-e', 'B=2=3', '--', 'npx', '-y', 'server'],
      { command: 'npx', args: ['-y', 'server'], env: { A: '1', B: '2=3' } },
    ],
    [
      'as codex mcp add',
      ['x', '--env', 'A=1', '--', 'server', '--flag'],
      { command: 'server', args: ['--flag'], env: { A: '1' } },
    ],
    [
      'as codex mcp add, HTTP',
      ['x', '--url', 'https://x.example', '--bearer-token-env-var', 'TOK'],
      { url: 'https://x.example', headers: { Authorization: `Bearer \${TOK}` } },
    ],
    [
      'a description and a folder',
      ['x', '--description', 'Notes', '--cwd', 'sub', '--', 'server'],
      { command: 'server', cwd: 'CWD/sub', description: 'Notes' },
    ],
    ['variables of ours', ['x', '--', 'server', `\${HOME}/x`], { command: 'server', args: [`\${HOME}/x`] }],
  ])('%s', async (_name, args, wanted) => {
    await good(['add', ...args]);
    expect(entryOf('x')).toEqual(JSON.parse(JSON.stringify(wanted).replaceAll('CWD', home.cwd)));
    expect(readFileSync(home.servers, 'utf8')).toMatch(/\/\/ what I use[\s\S]*\/\/ mine/);
    await good(['undo', '--yes']);
    expect(readFileSync(home.servers, 'utf8')).toBe(COMMENTED);
  });

  it.each<[string, readonly string[], RegExp]>([
    ['a name that is taken', ['notes', '--', 'x'], /already[\s\S]*--force/],
    ['nothing', ['x'], /Say what to add/],
    ['both', ['x', '--url', 'https://x', 'cmd'], /not both/],
    ['another protocol', ['x', '--url', 'ftp://x'], /http or https/],
    ['a header that is none', ['x', '--url', 'https://x', '-H', 'abc'], /Name: value/],
    ['a variable that is none', ['x', '-e', 'abc', '--', 'y'], /NAME=value/],
    ['a transport for a command', ['x', '-t', 'http', '--', 'y'], /needs an address/],
    ['headers for a command', ['x', '-H', 'A: b', '--', 'y'], /go with an address/],
  ])('refuses %s', async (_name, args, why) => {
    const { code, stderr } = await run(['add', ...args]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(why)]);
    expect(readFileSync(home.servers, 'utf8')).toBe(COMMENTED);
  });

  it('keeps secrets in the store, where the server gets them', async () => {
    const calc = fixture('calc');
    const [script = ''] = calc['args'] as string[];
    await good([
      'add',
      'calc',
      '--env',
      `API_TOKEN=${TOKEN}`,
      '--env',
      `LABEL=${TOKEN}`,
      '--',
      String(calc['command']),
      script,
    ]);
    expect(entryOf('calc')).toMatchObject({
      env: { API_TOKEN: `\${secret:API_TOKEN}`, LABEL: `\${secret:API_TOKEN}` },
    });
    const gateway = await serveStdio({ home });
    expect(await executeText(gateway.rpc, { server: 'calc', tool: 'label' })).not.toBe('none');
    expect(gateway.running.stderr()).not.toContain(TOKEN);
    await gateway.stop();
  });

  it('in an empty home makes both files, with which a gateway starts', async () => {
    home.remove();
    home = makeHome();
    await good(['add', 'calc', '--', process.execPath, fixturePath('calc')]);
    expect((await run(['validate'])).code).toBe(0);
    expect(await good(['tools', 'call', 'calc', 'add', '--args', '{"a":1,"b":1}'])).toContain('2');
    await good(['undo', '--yes']);
    expect([existsSync(home.servers), existsSync(home.rules)]).toEqual([false, false]);
  });

  it('--force replaces, and undo gives back what was there', async () => {
    await good(['add', 'notes', '--force', '--', 'other']);
    expect(entryOf('notes')).toEqual({ command: 'other' });
    await good(['undo', '--yes']);
    expect(readFileSync(home.servers, 'utf8')).toBe(COMMENTED);
  });
});

const REGISTRY = {
  servers: [
    {
      server: {
        name: 'io.github.ex/files',
        description: 'Files',
        version: '1.2.0',
        packages: [
          {
            registryType: 'npm',
            identifier: '@ex/files',
            version: '1.2.0',
            transport: { type: 'stdio' },
            packageArguments: [
              { type: 'named', name: '--root', isRequired: true, default: '/srv' },
              { type: 'positional', valueHint: 'more' },
            ],
            environmentVariables: [{ name: 'FILES_KEY', isRequired: true, isSecret: true }, { name: 'OPTIONAL' }],
          },
        ],
      },
    },
    {
      server: {
        name: 'io.github.ex/py',
        version: '2',
        packages: [{ registryType: 'pypi', identifier: 'py-files', version: '2' }],
      },
    },
    {
      server: {
        name: 'io.github.ex/box',
        packages: [
          {
            registryType: 'oci',
            identifier: 'ghcr.io/ex/box:3',
            environmentVariables: [{ name: 'K', isRequired: true }],
          },
        ],
      },
    },
    {
      server: {
        name: 'io.github.ex/web',
        remotes: [
          {
            type: 'streamable-http',
            url: 'https://web.example/mcp',
            headers: [{ name: 'X-Key', value: 'k {key}', variables: { key: { isRequired: true } } }],
          },
        ],
      },
    },
  ],
};

describe('add --from', () => {
  const file = (): string => {
    const name = path.join(home.dir, 'registry.json');
    writeFileSync(name, fileText(REGISTRY));
    return name;
  };

  it.each<[string, string, readonly string[], unknown]>([
    [
      'npm',
      'files',
      ['--env', 'FILES_KEY=plain'],
      {
        command: 'npx',
        args: ['-y', '@ex/files@1.2.0', '--root', '/srv'],
        env: { FILES_KEY: `\${secret:FILES_KEY}` },
        description: 'Files',
      },
    ],
    ['PyPI', 'py', [], { command: 'uvx', args: ['py-files@2'] }],
    [
      'OCI',
      'box',
      ['--env', 'K=v'],
      { command: 'docker', args: ['run', '-i', '--rm', '-e', 'K', 'ghcr.io/ex/box:3'], env: { K: 'v' } },
    ],
    [
      'a remote',
      'web',
      ['--env', 'key=v'],
      { type: 'http', url: 'https://web.example/mcp', headers: { 'X-Key': expect.anything() } },
    ],
  ])('%s', async (_name, server, more, wanted) => {
    await good(['add', 'x', '--from', `io.github.ex/${server}`, '--registry', file(), ...more]);
    expect(entryOf('x')).toEqual(wanted);
  });

  it('takes what it requires from the environment, or says so', async () => {
    const { code, stderr } = await run(['add', 'x', '--from', 'io.github.ex/files', '--registry', file()]);
    expect([code, stderr]).toEqual([2, expect.stringContaining('It requires FILES_KEY')]);
    await good(['add', 'x', '--from', 'io.github.ex/files', '--registry', file()], { FILES_KEY: 'abc' });
    expect(entryOf('x')).toMatchObject({ env: { FILES_KEY: `\${FILES_KEY}` } });
  });

  it('over HTTP, in the official form', async () => {
    const asked: string[] = [];
    const server = createServer((request, response) => {
      asked.push(request.url ?? '');
      response.setHeader('content-type', 'application/json').end(JSON.stringify(REGISTRY));
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    await good(['add', 'x', '--from', 'io.github.ex/py', '--registry', `http://127.0.0.1:${port}`]);
    expect(asked).toEqual(['/v0/servers?search=io.github.ex%2Fpy&version=latest']);
    server.close();
    server.closeAllConnections();
  });

  it.each<[string, string, RegExp, number]>([
    ['no such server', '{"servers": []}', /has no server/, 2],
    ['no JSON', 'x', /no JSON/, 1],
  ])('says what is wrong: %s', async (_name, text, why, status) => {
    const name = path.join(home.dir, 'r.json');
    writeFileSync(name, text);
    const { code, stderr } = await run(['add', 'x', '--from', 'a', '--registry', name]);
    expect([code, stderr]).toEqual([status, expect.stringMatching(why)]);
  });
});

describe('remove, enable and disable', () => {
  it('change one entry, and comments stay', async () => {
    await good(['disable', 'notes']);
    expect(entryOf('notes')).toEqual({ command: 'notes', args: ['-x'], disabled: true });
    expect(await good(['disable', 'notes'])).toContain('Nothing to do');
    await good(['enable', 'notes']);
    expect(readFileSync(home.servers, 'utf8')).toBe(COMMENTED);
    await good(['remove', 'notes']);
    expect(entryOf('notes')).toBeUndefined();
    expect(readFileSync(home.servers, 'utf8')).toContain('// what I use');
    await good(['undo', '--all', '--yes']);
    expect(readFileSync(home.servers, 'utf8')).toBe(COMMENTED);
  });

  it('know the spellings of other clients', async () => {
    writeFileSync(home.servers, '{ "mcpServers": { "a": { "command": "a", "enabled": false } } }');
    await good(['enable', 'a']);
    expect(entryOf('a')).toEqual({ command: 'a' });
  });

  it.each(['remove', 'enable', 'disable'])('%s suggests the nearest name', async (command) => {
    const { code, stderr } = await run([command, 'note']);
    expect([code, stderr]).toEqual([2, expect.stringMatching(/Did you mean '?notes/)]);
  });
});

describe('secret', () => {
  it('keeps what comes over standard input, lists names, removes', async () => {
    expect((await run(['secret', 'set', 'MY_KEY'], {}, `${TOKEN}\n`)).code).toBe(0);
    expect(await good(['secret', 'list', '--json'])).toBe('[\n  "MY_KEY"\n]\n');
    const file = path.join(path.dirname(home.servers), 'secrets/MY_KEY.json');
    expect(readFileSync(file, 'utf8')).not.toContain(TOKEN);
    await good(['secret', 'remove', 'MY_KEY']);
    expect((await run(['secret', 'remove', 'MY_KEY'])).code).toBe(2);
  });

  it.each(['../x', 'a b', '', '1x'])('refuses the name %j', async (name) => {
    expect((await run(['secret', 'set', name], {}, 'x')).code).toBe(2);
  });
});

describe('status', () => {
  it('says what runs, what is connected, what is wrong and what to do next', async () => {
    home.remove();
    home = makeHome({
      servers: servers({ calc: fixture('calc'), off: { command: 'x', args: [`\${NOT_SET_HERE}`] } }),
      rules: { agents: { default: { allow: { servers: ['*'] } } } },
    });
    const gateway = await serveStdio({ home });
    await executeText(gateway.rpc, { server: 'calc', tool: 'label' });
    await gateway.rpc.call('tools/list');
    await good(['connect', 'cursor', '--yes']);
    const { code, stdout } = await run(['status']);
    expect(code).toBe(1);
    expect(stdout).toMatch(/1 server \(and 1 off\), 1 agent/);
    expect(stdout).toContain('NOT_SET_HERE');
    expect(stdout).toMatch(/process \d+ +stdio .* 1 of \d servers? connected/);
    expect(stdout).toMatch(
      /raw 1 as an agent that each call names .*, over stdio, since \d{4}-\d\d-\d\d \d\d:\d\d UTC/,
    );
    expect(stdout).toContain('cursor, connected in ~/.cursor/mcp.json');
    expect(stdout).toContain('Next: See what to mend: agent-mcp-gateway validate');
    const report = JSON.parse((await run(['status', '--json'])).stdout);
    expect(report).toMatchObject({
      servers: ['calc'],
      servers_off: { off: expect.stringContaining('NOT_SET_HERE') },
      gateways: [{ gateway: { transport: 'stdio' } }],
      clients: [{ client: 'cursor', connected: true }],
    });
    await good(['undo', '--yes']);
    await gateway.stop();
  });

  it('says who is connected over HTTP, until the session is over', async () => {
    home.remove();
    const gateway = await serveHttp({ servers: servers({}), rules: withPrincipals({ one: {}, two: {} }) });
    home = gateway.home;
    const clients = async (): Promise<unknown> =>
      JSON.parse((await run(['status', '--json'])).stdout).gateways[0].clients;
    expect(await clients()).toEqual([]);
    const session = await gateway.open('2025-11-25');
    expect(await clients()).toEqual([{ name: 'raw', version: '1', principal: 'tester', since: expect.any(String) }]);
    await session.close();
    expect(await clients()).toEqual([]);
    await gateway.stop();
  });

  it('without anything says how to begin', async () => {
    home.remove();
    home = makeHome();
    const { code, stdout } = await run(['status']);
    expect([code, stdout]).toEqual([
      1,
      expect.stringMatching(/No gateway runs\.\nNext: Set the gateway up: agent-mcp-gateway setup/),
    ]);
  });
});
