/** Tasks: the extension of 2026-07-28, and the experimental ones of 2025-11-25, in every view. */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpGateway, type StdioGateway, serveHttp, serveStdio } from '../support/gateway.ts';
import { auditRecords, fileText, type Json, servers, sha256, TOKEN } from '../support/home.ts';
import { type HttpRpc, openHttp } from '../support/http.ts';
import { fixture, fixturePath } from '../support/paths.ts';
import { until } from '../support/process.ts';
import { MODERN, type Rpc, type RpcMessage } from '../support/rpc.ts';
import type { StdioRpc } from '../support/stdio.ts';
import { DIRECT, DISCOVERY, SINGLE, VIEWS, type View, viewRules } from '../support/views.ts';

const LEGACY = '2025-11-25';
const OTHER_TOKEN = `${TOKEN}-of-another`;
const TASKS = 'io.modelcontextprotocol/tasks';
const RELATED = 'io.modelcontextprotocol/related-task';
/** What a modern caller declares: tasks, and that its user can be asked. */
const ABLE = {
  meta: { 'io.modelcontextprotocol/clientCapabilities': { elicitation: {}, extensions: { [TASKS]: {} } } },
};

const modernServer = { command: process.execPath, args: [fixturePath('conformance-server'), 'modern', 'stdio'] };
const ALONE = { ...fixture('jobs'), sharing: 'per-call' };
const SERVERS = servers({ suite: modernServer, jobs: fixture('jobs'), alone: ALONE });

const rules = (deny: Json = {}): Json =>
  viewRules(
    deny,
    { other: { allow: { servers: ['*'] } } },
    { another: { token_sha256: sha256(OTHER_TOKEN), may_assume: ['*'] } },
  );

type Fields = Readonly<Record<string, unknown>>;

function resultOf({ result, error }: RpcMessage): Fields {
  if (result === undefined) throw new Error(`${error?.code}: ${error?.message}`);
  return result;
}

const modernly = async (rpc: Rpc, method: string, params: object): Promise<RpcMessage> =>
  (await rpc.call(method, params, ABLE)).message;

/** Asks for a task until it is in this state. */
async function reached(rpc: Rpc, taskId: string, status: string): Promise<Fields> {
  let task: Fields = {};
  await until(async () => {
    task = resultOf(await modernly(rpc, 'tasks/get', { taskId }));
    return task['status'] === status;
  }, `the task is ${status}`);
  return task;
}

describe('2026-07-28', () => {
  let gateway: HttpGateway;
  beforeAll(async () => {
    gateway = await serveHttp({ servers: SERVERS, rules: rules() });
  });
  afterAll(() => gateway.stop());

  const connect = (view: View, token = view.token): Promise<HttpRpc> =>
    openHttp(`${gateway.origin}${view.path('suite')}`, MODERN, { token });

  async function start(rpc: Rpc, view: View, tool: string, args: object = {}): Promise<string> {
    const created = resultOf(await modernly(rpc, 'tools/call', view.call('suite', tool, args)));
    expect(created).toMatchObject({ resultType: 'task', status: 'working', ttlMs: 600_000 });
    expect(created['taskId']).toMatch(/^task_/);
    return String(created['taskId']);
  }

  describe.each(VIEWS)('$name', (view) => {
    it('says that it has the extension', async () => {
      const { capabilities } = resultOf(await modernly(await connect(view), 'server/discover', {}));
      expect(capabilities).toMatchObject({ extensions: { [TASKS]: {} } });
    });

    it('a task is made, followed to its end, and recorded as what it is', async () => {
      const rpc = await connect(view);
      const taskId = await start(rpc, view, 'slow_compute', { seconds: 0, label: view.name });
      const task = await reached(rpc, taskId, 'completed');
      expect(task).toMatchObject({ resultType: 'complete', taskId, ttlMs: 600_000 });
      expect(task['result']).toMatchObject({ content: [{ text: `computed ${view.name}` }] });
      const records = auditRecords(gateway.home).filter(({ operation }) => operation === 'tasks/get');
      const first = records.find(({ detail }) => (detail as Fields | undefined)?.['task'] === taskId);
      expect(first).toMatchObject({ phase: 'decided', decision: 'ALLOW', server: 'suite', tool: 'slow_compute' });
      const own = records.filter((record) => record['request_id'] === first?.['request_id']);
      expect(own.map(({ phase }) => phase)).toEqual(['decided', 'finished']);
    });

    it('a task asks, is answered, and goes on', async () => {
      const rpc = await connect(view);
      const taskId = await start(rpc, view, 'confirm_delete', { filename: 'a' });
      const { inputRequests } = await reached(rpc, taskId, 'input_required');
      expect(inputRequests).toMatchObject({ confirmation: { method: 'elicitation/create' } });
      const inputResponses = { confirmation: { action: 'accept', content: { confirm: true } } };
      expect(resultOf(await modernly(rpc, 'tasks/update', { taskId, inputResponses }))).toMatchObject({
        resultType: 'complete',
      });
      expect((await reached(rpc, taskId, 'completed'))['result']).toMatchObject({ content: [{ text: 'accept: a' }] });
    });

    it('a task is cancelled', async () => {
      const rpc = await connect(view);
      const taskId = await start(rpc, view, 'slow_compute', { seconds: 600 });
      resultOf(await modernly(rpc, 'tasks/cancel', { taskId }));
      await reached(rpc, taskId, 'cancelled');
    });

    it("a task is nobody else's, and its id is not the server's", async () => {
      const taskId = await start(await connect(view), view, 'confirm_delete');
      const stranger = await connect(view, OTHER_TOKEN);
      for (const method of ['tasks/get', 'tasks/cancel', 'tasks/update']) {
        for (const id of [taskId, 'task_unknown']) {
          const { error } = await modernly(stranger, method, { taskId: id });
          expect(error).toMatchObject({ code: -32602, message: 'There is no such task.' });
        }
      }
      resultOf(await modernly(await connect(view), 'tasks/cancel', { taskId }));
    });

    it('no task is made for, or shown to, who does not declare the extension', async () => {
      const rpc = await connect(view);
      const taskId = await start(rpc, view, 'confirm_delete');
      const plain = await rpc.call('tasks/get', { taskId });
      expect(plain).toMatchObject({ status: 400, message: { error: { code: -32021 } } });
      expect(plain.message.error?.data).toEqual({ requiredCapabilities: { extensions: { [TASKS]: {} } } });
      resultOf(await modernly(rpc, 'tasks/cancel', { taskId }));
      const { message } = await rpc.call('tools/call', view.call('suite', 'slow_compute', { seconds: 0, label: 'x' }));
      expect(resultOf(message)).toMatchObject({ resultType: 'complete', content: [{ text: 'computed x' }] });
    });

    it('what only 2025-11-25 has does not exist', async () => {
      const rpc = await connect(view);
      for (const method of ['tasks/list', 'tasks/result']) {
        const { message, status } = await rpc.call(method, { taskId: 'task_x' }, ABLE);
        expect([status, message.error?.code]).toEqual([404, -32601]);
      }
    });

    it('the wish for a task of 2025-11-25 means nothing, also to a server of 2025-11-25', async () => {
      const rpc = await openHttp(`${gateway.origin}${view.path('jobs')}`, MODERN, { token: view.token });
      const call = { ...view.call('jobs', 'job', {}), task: { ttl: 1 } };
      const { content } = resultOf(await modernly(rpc, 'tools/call', call));
      expect(content).toEqual([{ type: 'text', text: 'done at once' }]);
    });
  });

  describe.each(VIEWS)('a server of 2025-11-25 that runs a tool as a task alone, $name', (view) => {
    const open = (server = 'jobs'): Promise<HttpRpc> =>
      openHttp(`${gateway.origin}${view.path(server)}`, MODERN, { token: view.token });
    const create = async (rpc: HttpRpc, args: object = {}): Promise<string> => {
      const created = resultOf(await modernly(rpc, 'tools/call', view.call('jobs', 'must', args)));
      expect(created).toMatchObject({ resultType: 'task', status: 'working', ttlMs: 60_000, pollIntervalMs: 10 });
      expect(created['task']).toBeUndefined();
      return String(created['taskId']);
    };
    /** Ids of the jobs of this server are numbers; the last one is that of the newest task. */
    const finish = async (rpc: HttpRpc, fails?: string): Promise<void> => {
      const { content } = resultOf(await modernly(rpc, 'tools/call', view.call('jobs', 'newest', {})));
      const [{ text }] = content as [{ text: string }];
      resultOf(await modernly(rpc, 'tools/call', view.call('jobs', 'finish', { id: text, fails })));
    };

    it('says that it has the extension; a task is followed to its result', async () => {
      const rpc = await open();
      const { capabilities } = resultOf(await modernly(rpc, 'server/discover', {}));
      expect(capabilities).toMatchObject({ extensions: { [TASKS]: {} } });
      const taskId = await create(rpc);
      expect(await reached(rpc, taskId, 'working')).toMatchObject({ resultType: 'complete', taskId, ttlMs: 60_000 });
      await finish(rpc);
      const { result } = await reached(rpc, taskId, 'completed');
      expect(result).toEqual({
        content: [{ type: 'text', text: expect.stringMatching(/^done \d+$/) }],
        _meta: { mine: 1 },
      });
    });

    it('a tool that fails is completed, an error of the protocol is a failure', async () => {
      const rpc = await open();
      const failing = await create(rpc);
      await finish(rpc, 'result');
      expect(await reached(rpc, failing, 'completed')).toMatchObject({ result: { isError: true } });
      const broken = await create(rpc);
      await finish(rpc, 'error');
      expect(await reached(rpc, broken, 'failed')).toMatchObject({ error: { message: /^failed/ } });
    });

    it('a task asks, is answered, and goes on; another one is cancelled', async () => {
      const rpc = await open();
      const taskId = await create(rpc, { ask: true });
      const { inputRequests } = await reached(rpc, taskId, 'input_required');
      const [[key, question] = []] = Object.entries(inputRequests as Record<string, Json>);
      expect(question).toEqual({
        method: 'elicitation/create',
        params: { message: 'Go on?', requestedSchema: { type: 'object', properties: {} }, _meta: {} },
      });
      const inputResponses = { [String(key)]: { action: 'accept', content: {} }, unknown: {} };
      expect(resultOf(await modernly(rpc, 'tasks/update', { taskId, inputResponses }))).toMatchObject({
        resultType: 'complete',
      });
      const { result } = await reached(rpc, taskId, 'completed');
      expect(result).toMatchObject({ content: [{ text: expect.stringMatching(/^accept/) }] });
      const other = await create(rpc);
      for (let time = 0; time < 2; time++) {
        expect(resultOf(await modernly(rpc, 'tasks/cancel', { taskId: other }))).toMatchObject({
          resultType: 'complete',
        });
        expect(await reached(rpc, other, 'cancelled')).not.toHaveProperty('result');
      }
    });

    it('cannot be had where each call has a process of its own, and the error says whose setting that is', async () => {
      const called = await modernly(await open('alone'), 'tools/call', view.call('alone', 'must', {}));
      expect(called.error).toMatchObject({ code: -32601, message: expect.stringContaining('its owner has to change') });
    });

    it('is refused to who does not declare the extension', async () => {
      const { status, message } = await (await open()).call('tools/call', view.call('jobs', 'must', {}));
      expect(status).toBe(400);
      expect(message.error).toMatchObject({
        code: -32021,
        data: { requiredCapabilities: { extensions: { [TASKS]: {} } } },
      });
    });
  });

  it('the agent of the call stands for its task', async () => {
    const rpc = await connect(DISCOVERY);
    const claim = { server: 'suite', tool: 'confirm_delete', agent_id: 'other' };
    const created = resultOf(await modernly(rpc, 'tools/call', { name: 'execute_tool', arguments: claim }));
    resultOf(await modernly(rpc, 'tasks/cancel', { taskId: created['taskId'] }));
    expect(auditRecords(gateway.home).at(-1)).toMatchObject({
      operation: 'tasks/cancel',
      agent_id: 'other',
      claimed_agent: 'other',
    });
  });

  it('a stream hears how tasks go that are its own, and is refused to who does not declare the extension', async () => {
    const rpc = await connect(DISCOVERY);
    const taskId = await start(rpc, DISCOVERY, 'confirm_delete', { filename: 'a' });
    const params = { notifications: { toolsListChanged: true, taskIds: [taskId, 'task_unknown'] } };
    const plain = await rpc.call('subscriptions/listen', params);
    expect(plain).toMatchObject({ status: 400, message: { error: { code: -32021 } } });
    const heard: RpcMessage[] = [];
    const stream = rpc.start('subscriptions/listen', params, { ...ABLE, onNotification: (one) => heard.push(one) });
    const strangers: RpcMessage[] = [];
    const stranger = (await connect(DISCOVERY, OTHER_TOKEN)).start('subscriptions/listen', params, {
      ...ABLE,
      onNotification: (one) => strangers.push(one),
    });
    const asks = (): RpcMessage | undefined =>
      heard.find(({ params: state }) => state?.['status'] === 'input_required');
    await until(() => asks() !== undefined && strangers.length > 0, 'it hears of the question');
    expect(heard[0]?.params?.['notifications']).toEqual({ toolsListChanged: true, taskIds: [taskId] });
    expect(strangers[0]?.params?.['notifications']).toEqual({ toolsListChanged: true });
    expect(asks()).toMatchObject({
      method: 'notifications/tasks',
      params: { taskId, inputRequests: { confirmation: {} }, _meta: heard[0]?.params?.['_meta'] },
    });
    const inputResponses = { confirmation: { action: 'accept', content: { confirm: true } } };
    resultOf(await modernly(rpc, 'tasks/update', { taskId, inputResponses }));
    await until(() => heard.at(-1)?.params?.['status'] === 'completed', 'it hears of the end');
    expect(heard.at(-1)?.params).toMatchObject({ taskId, result: { content: [{ text: 'accept: a' }] } });
    expect(strangers.slice(1)).toEqual([]);
    stream.cancel();
    stranger.cancel();
  });

  it('a task of one server is not known under another', async () => {
    const taskId = await start(await connect(SINGLE), SINGLE, 'confirm_delete');
    const elsewhere = await openHttp(`${gateway.origin}/mcp/servers/jobs`, MODERN, { token: TOKEN });
    expect((await modernly(elsewhere, 'tasks/get', { taskId })).error?.code).toBe(-32602);
    resultOf(await modernly(await connect(SINGLE), 'tasks/cancel', { taskId }));
  });

  it('the rules are asked again with every request about a task', async () => {
    const rpc = await connect(DISCOVERY);
    const taskId = await start(rpc, DISCOVERY, 'slow_compute', { seconds: 600 });
    writeFileSync(gateway.home.rules, fileText(rules({ tools: { suite: ['slow_*'] } })));
    await until(async () => (await modernly(rpc, 'tasks/get', { taskId })).error?.code === -32602, 'the rules deny it');
    expect((await modernly(rpc, 'tasks/cancel', { taskId })).error?.code).toBe(-32602);
    expect(auditRecords(gateway.home).at(-1)).toMatchObject({ decision: 'DENY', error_code: 'DENIED_BY_POLICY' });
    writeFileSync(gateway.home.rules, fileText(rules()));
    await until(async () => (await modernly(rpc, 'tasks/get', { taskId })).error === undefined, 'the rules allow it');
    resultOf(await modernly(rpc, 'tasks/cancel', { taskId }));
  });
});

describe('2025-11-25', () => {
  let gateway: StdioGateway;
  let rpc: StdioRpc;

  const ask = async (method: string, params: object): Promise<Fields> =>
    resultOf((await rpc.call(method, params)).message);

  async function finish(view: View, taskId: string): Promise<void> {
    const listed = await ask('tasks/list', {});
    const all = (listed['tasks'] as Fields[]).map((task) => task['taskId']);
    await ask('tools/call', view.call('jobs', 'finish', { id: String(all.indexOf(taskId) + 1) }));
  }

  it('a server that has a process for each call is given no task: no other process would know it', async () => {
    const perCall = servers({ jobs: ALONE });
    gateway = await serveStdio({ servers: perCall, rules: rules() }, LEGACY, { elicitation: {} });
    const { message } = await gateway.rpc.call('tools/call', {
      ...DISCOVERY.call('jobs', 'job', {}),
      task: { ttl: 1000 },
    });
    expect(message.error).toMatchObject({ code: -32601, message: expect.stringContaining('per-call') });
    expect((await gateway.rpc.call('tools/call', DISCOVERY.call('jobs', 'job', {}))).message.result).toMatchObject({
      content: [{ text: 'done at once' }],
    });
    await gateway.stop();
  });

  describe.each([
    { view: DISCOVERY, args: [] },
    { view: DIRECT, args: ['--expose', 'direct'] },
    { view: SINGLE, args: ['--server', 'jobs'] },
  ])('$view.name', ({ view, args }) => {
    beforeAll(async () => {
      gateway = await serveStdio({ servers: SERVERS, rules: rules(), args }, LEGACY, { elicitation: {} });
      rpc = gateway.rpc;
    });
    afterAll(() => gateway.stop());

    const start = async (jobArgs: object = {}): Promise<string> => {
      const { task } = await ask('tools/call', { ...view.call('jobs', 'job', jobArgs), task: { ttl: 60_000 } });
      expect(task).toMatchObject({ status: 'working', ttl: 60_000 });
      const { taskId } = task as { taskId: string };
      expect(taskId).toMatch(/^task_/);
      return taskId;
    };

    it('lists its own tasks, and in the single-server view what the server says besides them', async () => {
      const taskId = await start();
      const listed = await ask('tasks/list', {});
      expect((listed['tasks'] as Fields[]).map((task) => task['taskId'])).toContain(taskId);
      const besides = view === SINGLE ? { vendor: 'besides', _meta: { mine: 1 } } : {};
      expect(listed).toEqual({ ...besides, tasks: listed['tasks'] });
      await finish(view, taskId);
    });

    it('says that tools may run as tasks', () => {
      const { result } = JSON.parse(rpc.lines[0] ?? '') as RpcMessage;
      const tasks = { list: {}, cancel: {}, requests: { tools: { call: {} } } };
      expect(result?.['capabilities']).toMatchObject({ tasks });
    });

    it('a task is made, followed, listed, and its result waited for', async () => {
      const taskId = await start();
      expect(await ask('tasks/get', { taskId })).toMatchObject({ taskId, status: 'working' });
      const result = ask('tasks/result', { taskId });
      await finish(view, taskId);
      const { content, _meta } = await result;
      expect(content).toMatchObject([{ text: expect.stringMatching(/^done \d+$/) }]);
      expect(_meta).toEqual({ [RELATED]: { taskId }, mine: 1 });
      expect(await ask('tasks/get', { taskId })).toMatchObject({ status: 'completed' });
      // The server says it with its own id.
      const told = `"method":"notifications/tasks/status","params":{"taskId":"${taskId}","status":"completed"`;
      await until(() => rpc.lines.some((line) => line.includes(told)), 'the client hears of it, under its own id');
    });

    it('a task asks while its result is waited for, about the task as each side knows it', async () => {
      const taskId = await start({ ask: true });
      const result = ask('tasks/result', { taskId });
      const question = await nextRequest(rpc);
      expect(question).toMatchObject({ method: 'elicitation/create', params: { _meta: { [RELATED]: { taskId } } } });
      const answer = { action: 'accept', content: {}, _meta: question.params?.['_meta'] };
      rpc.send(`${JSON.stringify({ jsonrpc: '2.0', id: question.id, result: answer })}\n`);
      expect((await result)['content']).toMatchObject([{ text: expect.stringMatching(/^accept, about \d+$/) }]);
    });

    it('a task is cancelled', async () => {
      const taskId = await start();
      expect(await ask('tasks/cancel', { taskId })).toMatchObject({ taskId, status: 'cancelled' });
    });

    it("the server's own ids are not accepted", async () => {
      await start();
      for (const taskId of ['1', 'task_x']) {
        for (const method of ['tasks/get', 'tasks/result', 'tasks/cancel']) {
          const { error } = (await rpc.call(method, { taskId })).message;
          expect(error).toMatchObject({ code: -32602, message: 'There is no such task.' });
        }
      }
    });

    it('what only 2026-07-28 has does not exist', async () => {
      expect((await rpc.call('tasks/update', { taskId: '1' })).message.error?.code).toBe(-32601);
    });

    if (view.name === 'discovery') {
      it('a tool of the gateway does not run as a task, and a task that fails is an error', async () => {
        const { error } = (await rpc.call('tools/call', { name: 'list_servers', arguments: {}, task: {} })).message;
        expect(error).toMatchObject({ code: -32601, message: expect.stringContaining('list_servers') });
        const nowhere = { name: 'execute_tool', arguments: { server: 'nowhere', tool: 'x' }, task: {} };
        expect((await rpc.call('tools/call', nowhere)).message.error?.data).toEqual({ code: 'SERVER_UNAVAILABLE' });
      });
    }

    if (view.name === 'single') return;

    it('a task of 2026-07-28 is refused by name', async () => {
      const call = { ...view.call('suite', 'slow_compute', { seconds: 0 }), task: {} };
      const { error } = (await rpc.call('tools/call', call)).message;
      expect(error?.code).toBe(-32601);
      expect(error?.message).toContain('"suite" speaks 2026-07-28');
    });
  });
});

/** The next request of the gateway, whatever it says besides. */
async function nextRequest(rpc: StdioRpc): Promise<RpcMessage> {
  for (;;) {
    const { message } = await rpc.next();
    if (message.id !== undefined && message.method !== undefined) return message;
  }
}
