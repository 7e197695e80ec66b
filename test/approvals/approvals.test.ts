/** Calls that a person is asked about, over both transports and in both generations. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type AskingHome, askingHome, FORMS, type Front, openFront, SETTINGS, sum } from '../support/approvals.ts';
import { auditRecords } from '../support/home.ts';
import { runCli } from '../support/process.ts';
import { MODERN, type RpcMessage } from '../support/rpc.ts';
import { call, errorOf, execute, executeText, resultOf, textOf } from '../support/tools.ts';

describe.each(SETTINGS)('over %s in %s, a call of a client without a dialogue', (...setting) => {
  let where: AskingHome;
  let front: Front;
  beforeAll(async () => {
    where = askingHome();
    front = await openFront(setting, where);
  });
  afterAll(() => front.gateway.stop());

  it('waits for an answer on the command line, and is executed once', async () => {
    const waits = execute(front.rpc, sum(1));
    const [question] = await where.waiting();
    expect(question).toMatchObject({
      agent: 'dev',
      server: 'calc',
      name: 'add',
      rule: 'agents.dev.ask.tools.calc[0]',
      arguments: [
        { name: '"a"', text: '1' },
        { name: '"b"', text: '1' },
      ],
    });
    expect(where.calls()).toEqual([]);
    const id = await where.answer('once');
    expect(textOf(await waits)).toBe('2');
    expect(where.calls()).toEqual(['add {"a":1,"b":1}']);
    expect(await where.say(id, { word: 'once' })).toBe('unknown');
  });

  it('is refused with a no and its reason, and so is the same one after it', async () => {
    const waits = execute(front.rpc, sum(2));
    await where.answer('no', 'Not on a Friday.');
    const { code, message } = errorOf(await waits);
    expect([code, message]).toEqual(['APPROVAL_DENIED', expect.stringContaining('"Not on a Friday."')]);
    expect(errorOf(await execute(front.rpc, sum(2))).code).toBe('APPROVAL_DENIED');
  });

  it('that gives up finds its question, and its answer, when it comes again', async () => {
    const first = front.rpc.start('tools/call', { name: 'execute_tool', arguments: sum(3) });
    const [question] = await where.waiting();
    first.cancel();
    const second = front.rpc.start('tools/call', { name: 'execute_tool', arguments: sum(3) });
    expect((await where.waiting())[0]?.id).toBe(question?.id);
    second.cancel();
    await where.answer('once');
    expect(await executeText(front.rpc, sum(3))).toBe('4');
    const again = execute(front.rpc, sum(3));
    await where.answer('no');
    expect(errorOf(await again).code).toBe('APPROVAL_DENIED');
    expect(where.calls().filter((line) => line.includes('3'))).toHaveLength(1);
  });

  it('needs nobody once somebody allowed its tool for an hour', async () => {
    expect(await executeText(front.rpc, { server: 'calc', tool: 'other' })).toBe('other');
    const waits = execute(front.rpc, sum(5));
    await where.answer('hour');
    expect(textOf(await waits)).toBe('6');
    expect(await executeText(front.rpc, sum(40))).toBe('41');
  });

  it('leaves records of question and answer, and of no value', async () => {
    const records = await auditRecords(where.home);
    const about = records.filter(({ operation }) => String(operation).startsWith('approval_'));
    const who = { agent_id: 'dev', server: 'calc', tool: 'add', rule: 'agents.dev.ask.tools.calc[0]' };
    expect(about.slice(0, 2)).toEqual([
      expect.objectContaining({ ...who, operation: 'approval_asked', decision: 'ASK' }),
      expect.objectContaining({
        ...who,
        operation: 'approval_answered',
        decision: 'ALLOW',
        detail: expect.objectContaining({ answer: 'once', way: 'cli', by: 'owner' }),
      }),
    ]);
    expect(JSON.stringify(records)).not.toContain('Friday');
  });
});

describe.each(SETTINGS.filter(([, revision]) => revision !== MODERN))(
  'over %s in %s, the user of a client with a dialogue',
  (...setting) => {
    let where: AskingHome;
    let front: Front;
    const heard: RpcMessage[] = [];
    let reply: (asked: RpcMessage) => void = () => {};
    function hear(message: RpcMessage): void {
      heard.push(message);
      if (message.method === 'elicitation/create') reply(message);
    }
    beforeAll(async () => {
      where = askingHome();
      front = await openFront(setting, where, FORMS);
      if ('rpc' in front.gateway) front.gateway.rpc.listen(hear);
    });
    afterAll(() => front.gateway.stop());

    /** Calls; what the gateway asks meanwhile is answered with the result, if there is one. */
    function called(a: number, result?: { action: string; content?: object }) {
      const asked = new Promise<RpcMessage>((resolve) => {
        reply = (message) => {
          resolve(message);
          if (result !== undefined) front.respond(message, result);
        };
      });
      const answer = call(front.rpc, 'execute_tool', sum(a), { onNotification: hear }).then(resultOf);
      answer.catch(() => undefined);
      return { answer, asked };
    }

    it('says yes', async () => {
      const { answer, asked } = called(1, { action: 'accept', content: { answer: 'once' } });
      expect((await asked).params).toMatchObject({
        message: expect.stringMatching(/^An agent wants .*\n\n(?: {4}\w+ +.*\n?)+$/),
        requestedSchema: { properties: { answer: { enum: ['once', 'session', 'hour', 'no'] } } },
      });
      expect(textOf(await answer)).toBe('2');
    });

    it('says no, with a reason', async () => {
      const content = { answer: 'no', reason: 'Ask me tomorrow.' };
      const { answer } = called(2, { action: 'accept', content });
      const { code, message } = errorOf(await answer);
      expect([code, message]).toEqual(['APPROVAL_DENIED', expect.stringContaining('Ask me tomorrow.')]);
    });

    it('declines', async () => {
      const { answer } = called(3, { action: 'decline' });
      expect(errorOf(await answer).code).toBe('APPROVAL_DENIED');
    });

    it.each([
      ['closes the dialogue', { action: 'cancel' }],
      ['sends what was not asked for', { action: 'accept', content: { answer: 'always' } }],
    ])('%s: somebody else answers', async (_what, result) => {
      const { answer, asked } = called(4, result);
      await asked;
      await where.answer('once');
      expect(textOf(await answer)).toBe('5');
    });

    it('is not asked any more when somebody else has answered', async () => {
      const { answer, asked } = called(5);
      const { id } = await asked;
      await where.answer('once');
      expect(textOf(await answer)).toBe('6');
      expect(heard).toContainEqual(
        expect.objectContaining({ method: 'notifications/cancelled', params: { requestId: id } }),
      );
    });

    it('allows the tool for the session, which is over with it', async () => {
      const { answer } = called(6, { action: 'accept', content: { answer: 'session' } });
      expect(textOf(await answer)).toBe('7');
      expect(await executeText(front.rpc, sum(60))).toBe('61');
    });
  },
);

describe.each(SETTINGS.filter(([, revision]) => revision === MODERN))(
  'over %s in %s, the user of a client with a dialogue',
  (...setting) => {
    let where: AskingHome;
    let front: Front;
    beforeAll(async () => {
      where = askingHome();
      front = await openFront(setting, where);
    });
    afterAll(() => front.gateway.stop());
    const meta = { 'io.modelcontextprotocol/clientCapabilities': FORMS };

    async function asked(a: number) {
      const result = resultOf(await call(front.rpc, 'execute_tool', sum(a), { meta }));
      expect(result).toMatchObject({
        resultType: 'input_required',
        inputRequests: { approval: { method: 'elicitation/create' } },
      });
      return String(result['requestState']);
    }
    const again = async (a: number, requestState: string, approval: object) =>
      resultOf(
        await front.rpc.call(
          'tools/call',
          { name: 'execute_tool', arguments: sum(a), requestState, inputResponses: { approval } },
          { meta },
        ),
      );
    const yes = { action: 'accept', content: { answer: 'once' } };

    it('says yes, once', async () => {
      const state = await asked(1);
      expect(textOf(await again(1, state, yes))).toBe('2');
      // A replay is a call that nobody was asked about.
      expect(await again(1, state, yes)).toMatchObject({ resultType: 'input_required' });
      expect(where.calls()).toHaveLength(1);
    });

    it('says yes to this call and no other', async () => {
      const state = await asked(2);
      expect(await again(3, state, yes)).toMatchObject({ resultType: 'input_required' });
      expect(where.calls().filter((line) => line.includes('3'))).toEqual([]);
    });

    it('declines, also where somebody else has said yes', async () => {
      const state = await asked(4);
      const { id } = (await where.waiting(4)).at(-1) ?? { id: '' };
      expect(await where.say(id, { word: 'once' })).toBe('taken');
      expect(errorOf(await again(4, state, { action: 'decline' })).code).toBe('APPROVAL_DENIED');
      expect(await asked(4)).not.toBe(state);
      expect(where.calls().filter((line) => line.includes('4'))).toEqual([]);
    });

    it('closes the dialogue: somebody else answers', async () => {
      const state = await asked(5);
      const { id } = (await where.waiting(5)).at(-1) ?? { id: '' };
      const answer = again(5, state, { action: 'cancel' });
      expect(await where.say(id, { word: 'no' })).toBe('taken');
      expect(errorOf(await answer).code).toBe('APPROVAL_DENIED');
    });

    it('cannot make up a question', async () => {
      const made = `amgp-approval.${'0'.repeat(32)}`;
      expect(await again(6, made, yes)).toMatchObject({ resultType: 'input_required' });
    });
  },
);

it('the commands list, show and answer', async () => {
  const where = askingHome();
  const { gateway, rpc } = await openFront(['stdio', MODERN], where);
  const cli = (...args: string[]) => runCli(['approvals', ...args], { env: where.home.env, cwd: where.home.cwd });
  expect((await cli('list')).stdout).toBe('No call waits for a person.\n');
  const waits = execute(rpc, { ...sum(1), args: { a: 1, b: 1, note: 'x\u200by\nanswer: yes', password: 'hunter22' } });
  const [question] = await where.waiting();
  const short = question?.id.slice(0, 8) ?? '';
  expect((await cli('list')).stdout).toMatch(new RegExp(`^${short} +dev +calc +add +\\d+ s left$`, 'm'));
  const shown = await cli('show', short);
  expect(shown.stdout).toContain(String.raw`"note": "x\u{200b}y\nanswer: yes"`);
  expect(shown.stdout).toContain('"password": "[redacted]"');
  expect(shown.stdout).toMatch(/rule +"agents\.dev\.ask\.tools\.calc\[0\]"/);
  const wrong = await cli('answer', short, 'maybe');
  expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('once, session, hour, no')]);
  expect((await cli('answer', short, 'once')).stdout).toBe(`Answered ${short}: once.\n`);
  expect(textOf(await waits)).toBe('2');
  const late = await cli('answer', short, 'once');
  expect([late.code, late.stderr]).toEqual([4, expect.stringContaining('approvals list')]);

  const forGood = execute(rpc, sum(2));
  const [other] = await where.waiting();
  const shownFirst = await cli('answer', other?.id ?? '', 'always-these');
  expect([shownFirst.code, shownFirst.stdout]).toEqual([0, expect.stringMatching(/^\+.*"arguments_sha256"/m)]);
  await where.waiting();
  expect((await cli('answer', other?.id ?? '', 'always-these', '--write')).code).toBe(0);
  expect(textOf(await forGood)).toBe('3');
  await gateway.running.waitForStderr(/configuration reloaded/);
  expect(await executeText(rpc, sum(2))).toBe('3');
  const others = execute(rpc, sum(3));
  await where.answer('no');
  expect(errorOf(await others).code).toBe('APPROVAL_DENIED');
  await gateway.stop();
});
