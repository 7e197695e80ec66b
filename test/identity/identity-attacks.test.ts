/** Attacks that worked elsewhere, named after where. Those on sessions are in identity-sessions, those on Host in http. */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { expect, it } from 'vitest';
import { serveHttp } from '../support/gateway.ts';
import { auditRecords, makeHome, servers, sha256, TOKEN } from '../support/home.ts';
import { httpHeaders, openHttp, request } from '../support/http.ts';
import { CORNERS, open, overMatrix } from '../support/matrix.ts';
import { fixture } from '../support/paths.ts';
import { runCli, startHttpFixture } from '../support/process.ts';
import { MODERN, requestText } from '../support/rpc.ts';
import { callTool, errorOf, execute, executeText, getTools, listServers } from '../support/tools.ts';

const both = (more: object) => ({ tester: { token_sha256: sha256(TOKEN), ...more }, local: { stdio: true, ...more } });
const LAZY = { GATEWAY_INIT_STRATEGY: 'lazy' };

overMatrix(CORNERS, (kind) => {
  it('ToolHive 6216, ToolHive 5257: what a list hides cannot be called, over any transport', async () => {
    const { rpc, stop } = await open(kind, {
      servers: servers({ calc: fixture('calc', { TOOLS: 'read_a,delete_a,delete_b' }), hidden: fixture('calc') }),
      rules: {
        agents: { dev: { allow: { servers: ['calc'], tools: { calc: ['read_*', 'add'] } } } },
        principals: both({ may_assume: ['dev'], default: 'dev' }),
      },
      env: LAZY,
    });
    const listed = (await getTools(rpc, { server: 'calc' })).tools.map(({ name }) => name);
    expect(listed.sort()).toEqual(['add', 'read_a']);
    expect(await listServers(rpc)).toEqual(['calc']);
    for (const tool of ['delete_a', 'delete_b', 'label', 'environment', 'fail', 'reject', 'no_such_tool']) {
      expect(errorOf(await execute(rpc, { server: 'calc', tool })).code, tool).toBe('DENIED_BY_POLICY');
    }
    expect(errorOf(await execute(rpc, { server: 'hidden', tool: 'add' })).code).toBe('DENIED_BY_POLICY');
    // Nor under their own names, as if the gateway were the server.
    for (const tool of ['delete_a', 'calc__delete_a', 'hidden__add']) {
      const { message } = await rpc.call('tools/call', { name: tool, arguments: {} });
      expect(message.error ?? message.result?.['isError'], tool).toBeTruthy();
    }
    await stop();
  });

  it('Envoy AI Gateway GHSA-4gph-2hhr-5mwg: two parsers cannot read one request differently', async () => {
    const { rpc, stop, home } = await open(kind, {
      servers: servers({ calc: fixture('calc') }),
      rules: {
        agents: { dev: { allow: { servers: ['calc'] } }, admin: { allow: { servers: ['*'] } } },
        principals: both({ may_assume: ['dev'], default: 'dev' }),
      },
      env: LAZY,
    });
    const twice = [
      '{"name":"list_servers","arguments":{"agent_id":"dev","agent_id":"admin"}}',
      '{"name":"list_servers","name":"execute_tool","arguments":{}}',
      '{"name":"execute_tool","arguments":{"server":"calc","server":"x","tool":"add"}}',
      '{"name":"execute_tool","arguments":{"server":"calc","tool":"add","args":{"a":1,"a":2}}}',
      '{"name":"list_servers","arguments":{"agent_id":"dev","agent\\u005fid":"admin"}}',
    ];
    for (const params of twice) {
      const { answer } = rpc.start('tools/call', params);
      // Over stdio the refusal has no id: what cannot be read in one way only has none.
      if (kind.transport === 'http') expect((await answer).message.error, params).toBeDefined();
    }
    for (const params of [
      '{"name":"list_servers","arguments":{"Agent_Id":"admin"}}',
      '{"name":"list_servers","arguments":{"AGENT_ID":"admin"}}',
    ]) {
      const { message } = await rpc.call('tools/call', params);
      expect(message.error ?? message.result?.['isError'], params).toBeTruthy();
    }
    const ran = auditRecords(home).filter(
      ({ operation, decision }) => operation !== 'initialize' && decision === 'ALLOW',
    );
    expect(ran).toEqual([]);
    await stop();
  });

  it('a naive matcher took 106 s on 12 stars: an agent_id cannot make the rules slow', async () => {
    const { rpc, stop } = await open(kind, {
      servers: servers({ calc: fixture('calc') }),
      rules: {
        agents: { a: { allow: { servers: ['*'] } } },
        principals: both({ may_assume: [`${'a*'.repeat(12)}b`, `${'*a'.repeat(60)}*c`, 'a'], default: 'a' }),
      },
      env: LAZY,
    });
    const started = performance.now();
    for (let at = 0; at < 20; at++) await callTool(rpc, 'list_servers', { agent_id: 'a'.repeat(1_000) });
    expect(performance.now() - started).toBeLessThan(30_000);
    expect(await listServers(rpc)).toEqual(['calc']);
    await stop();
  });
});

it('the caller’s token reaches nobody: upstreams, logs, audit, errors and metrics, at debug level too', async () => {
  const canary = `canary${randomBytes(24).toString('hex')}`;
  const target = await startHttpFixture('http-modern');
  let seen = '';
  const recorder = http.createServer((incoming, outgoing) => {
    seen += incoming.rawHeaders.join('\n');
    const forward = http.request(
      target.url,
      { method: incoming.method ?? 'GET', headers: incoming.headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      },
    );
    incoming.on('data', (chunk: Buffer) => {
      seen += chunk.toString('utf8');
    });
    incoming.pipe(forward);
  });
  await new Promise<void>((resolve) => recorder.listen(0, '127.0.0.1', resolve));
  const address = `http://127.0.0.1:${(recorder.address() as AddressInfo).port}/mcp`;
  const gateway = await serveHttp({
    servers: servers({
      remote: { url: address, headers: { Authorization: 'Bearer of-the-gateway-itself' } },
      calc: fixture('calc'),
    }),
    rules: {
      agents: { dev: { allow: { servers: ['*'] } } },
      principals: { ci: { token_sha256: sha256(canary), default: 'dev', may_assume: ['dev'] } },
    },
    args: ['--debug'],
  });
  const answers: string[] = [];
  for (const revision of ['2025-11-25', MODERN]) {
    const rpc = await openHttp(gateway.url, revision, { token: canary });
    const headers = await executeText(rpc, { server: 'remote', tool: 'headers' });
    expect(headers).toContain('of-the-gateway-itself');
    answers.push(headers);
    for (const [name, args] of [
      ['execute_tool', { server: 'remote', tool: 'add', args: { a: 1, b: 2 } }],
      ['execute_tool', { server: 'calc', tool: 'environment' }],
      ['execute_tool', { server: 'calc', tool: 'fail' }],
      ['execute_tool', { server: 'nowhere', tool: 'x' }],
      ['list_servers', { agent_id: 'nobody' }],
      ['get_gateway_status', {}],
    ] as const) {
      answers.push(JSON.stringify(await callTool(rpc, name, args)));
    }
  }
  // Wrong in every way that an error could quote.
  const wrong = [
    { authorization: `Bearer ${canary}x` },
    { authorization: `Basic ${canary}` },
    { authorization: canary },
    { authorization: `Bearer ${canary}`, 'mcp-session-id': canary },
    { authorization: `Bearer ${canary}`, 'content-type': 'text/plain' },
    { authorization: `Bearer eyJhbGciOiJSUzI1NiJ9.${canary}.AAAA` },
  ];
  for (const headers of wrong) {
    const body = requestText(1, 'tools/list', {}, '2025-11-25');
    const reply = await request(gateway.url, {
      method: 'POST',
      headers: { ...httpHeaders('2025-11-25', 'tools/list'), ...headers },
      body,
    });
    answers.push(JSON.stringify(reply));
  }
  for (const accept of ['text/plain', 'application/json']) {
    const headers = { authorization: `Bearer ${canary}`, accept };
    answers.push(JSON.stringify(await request(`${gateway.origin}/metrics`, { headers })));
  }
  const places = {
    upstreams: seen,
    answers: answers.join('\n'),
    log: gateway.running.stderr(),
    audit: readFileSync(gateway.home.audit, 'utf8'),
  };
  expect(seen.length).toBeGreaterThan(1_000);
  for (const [place, text] of Object.entries(places)) expect(text.includes(canary), place).toBe(false);
  await gateway.stop();
  expect(gateway.running.stderr()).not.toContain(canary);
  recorder.closeAllConnections();
  recorder.close();
  await target.stop('SIGKILL');
});

it('LiteLLM CVE-2026-30623: no route and no tool can add a command', async () => {
  const gateway = await serveHttp({
    servers: servers({ calc: fixture('calc') }),
    rules: {
      agents: { dev: { allow: { servers: ['*'] } } },
      principals: both({ may_assume: ['dev'], default: 'dev' }),
    },
    env: LAZY,
  });
  const entry = JSON.stringify({ mcpServers: { evil: { command: 'touch', args: ['/tmp/evil'] } } });
  for (const route of [
    '/servers',
    '/mcp/servers',
    '/mcp/test',
    '/api/servers',
    '/config',
    '/mcp-rest/test/connection',
  ]) {
    for (const method of ['POST', 'PUT', 'GET']) {
      const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' };
      const reply = await request(`${gateway.origin}${route}`, {
        method,
        headers,
        ...(method === 'GET' ? {} : { body: entry }),
      });
      expect(reply.status, `${method} ${route}`).toBe(404);
    }
  }
  const rpc = await gateway.open();
  for (const args of [
    { server: 'calc; touch /tmp/evil', tool: 'add' },
    { server: 'touch', tool: '/tmp/evil' },
    { server: 'evil', tool: 'x', command: 'touch' },
  ]) {
    const { message } = await rpc.call('tools/call', { name: 'execute_tool', arguments: args });
    expect(message.error ?? message.result?.['isError']).toBeTruthy();
  }
  expect(await listServers(rpc)).toEqual(['calc']);
  await gateway.stop();
});

it('mcp-remote CVE-2025-6514: addresses of an issuer are https, and are never run or fetched otherwise', async () => {
  for (const address of [
    'file:///etc/passwd',
    'javascript:alert(1)',
    'http://169.254.169.254/latest/meta-data',
    'http://id.example.com/keys',
    'https://user:pass@id.example.com/keys',
    '$(touch /tmp/evil)',
    'a:$(touch+/tmp/evil)?response_type=code',
  ]) {
    const jwt = { issuer: 'https://id.example.com', audience: 'x', jwks_uri: address };
    const rules = { agents: { dev: {} }, principals: { team: { jwt, may_assume: ['dev'] } } };
    const home = makeHome({ servers: servers({}), rules });
    const { code, stdout, stderr } = await runCli(['validate'], { env: home.env, cwd: home.cwd });
    expect(code, address).toBe(1);
    expect(stdout + stderr).toContain('jwks_uri');
    home.remove();
  }
});

it('Cursor CVE-2025-54136: rules of a cloned repository are used only as they were trusted', async () => {
  const own = {
    agents: { dev: { allow: { servers: ['calc'] } } },
    principals: { tester: { token_sha256: sha256(TOKEN), default: 'dev', may_assume: ['dev'] } },
  };
  const home = makeHome({ servers: servers({ calc: fixture('calc') }), rules: own });
  const theirs = path.join(home.cwd, '.mcp-gateway-rules.json');
  const token = 'token-of-the-repository-'.padEnd(48, 'x');
  const evil = { ...own, principals: { them: { token_sha256: sha256(token), default: 'dev', may_assume: ['*'] } } };
  writeFileSync(theirs, JSON.stringify(evil));
  const statusOf = async (): Promise<number> => {
    const gateway = await serveHttp({ home, env: LAZY });
    const headers = { ...httpHeaders(MODERN, 'tools/list'), authorization: `Bearer ${token}` };
    const body = requestText(1, 'tools/list', {}, MODERN);
    const { status } = await request(gateway.url, { method: 'POST', headers, body });
    gateway.running.child.kill('SIGTERM');
    await gateway.running.exited;
    return status;
  };
  expect(await statusOf()).toBe(401);
  const trust = await runCli(['trust'], { env: home.env, cwd: home.cwd });
  expect(trust.code, trust.stderr).toBe(0);
  expect(await statusOf()).toBe(200);
  writeFileSync(theirs, JSON.stringify({ ...evil, defaults: {} }));
  const changed = await runCli(['serve', '--transport', 'http', '--port', '0'], { env: home.env, cwd: home.cwd });
  expect(changed.code).toBe(1);
  expect(changed.stderr).toContain('changed since it was trusted');
  home.remove();
});

it('routing headers that disagree with the body: 400 and -32020, and the body is not run', async () => {
  const gateway = await serveHttp({
    servers: servers({ calc: fixture('calc') }),
    rules: {
      agents: { dev: { allow: { servers: ['*'] } } },
      principals: both({ may_assume: ['dev'], default: 'dev' }),
    },
    env: LAZY,
  });
  const body = requestText(
    1,
    'tools/call',
    { name: 'execute_tool', arguments: { server: 'calc', tool: 'add' } },
    MODERN,
  );
  for (const headers of [{ 'mcp-name': 'list_servers' }, { 'mcp-method': 'tools/list' }]) {
    const all = { ...httpHeaders(MODERN, 'tools/call', 'execute_tool'), authorization: `Bearer ${TOKEN}`, ...headers };
    const reply = await request(gateway.url, { method: 'POST', headers: all, body });
    expect([reply.status, (JSON.parse(reply.body) as { error: { code: number } }).error.code]).toEqual([400, -32020]);
  }
  expect(auditRecords(gateway.home)).toEqual([]);
  await gateway.stop();
});

it('children do not inherit the secrets of the environment', async () => {
  const secret = `secret${randomBytes(16).toString('hex')}`;
  const { rpc, stop } = await open(
    { transport: 'stdio', revision: MODERN },
    {
      servers: servers({ calc: fixture('calc') }),
      rules: {
        agents: { dev: { allow: { servers: ['*'] } } },
        principals: both({ may_assume: ['dev'], default: 'dev' }),
      },
      env: { AWS_SECRET_ACCESS_KEY: secret, GITHUB_TOKEN: secret, OPENAI_API_KEY: secret, MY_OWN: secret },
    },
  );
  const names = JSON.parse(await executeText(rpc, { server: 'calc', tool: 'environment' })) as string[];
  expect(names).toContain('PATH');
  for (const name of ['AWS_SECRET_ACCESS_KEY', 'GITHUB_TOKEN', 'OPENAI_API_KEY', 'MY_OWN']) {
    expect(names).not.toContain(name);
  }
  await stop();
});
