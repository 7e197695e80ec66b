/** Names of tools and prompts in the views of several servers are names that models take, whatever servers call themselves. */
import { afterEach, describe, expect, it } from 'vitest';
import { type Gateway, serveHttp, serveStdio } from '../support/gateway.ts';
import { servers, withPrincipals } from '../support/home.ts';
import { fixture } from '../support/paths.ts';
import { runCli } from '../support/process.ts';
import { MODERN, type Rpc } from '../support/rpc.ts';

const LEGACY = '2025-11-25';
const NAMES = [
  'My Server',
  'my.server',
  'my server',
  '@scope/pkg',
  'сервер',
  'emoji😀',
  ' lead',
  'a\tb',
  'a__b',
  'end_',
  'plain',
  `long${'g'.repeat(60)}`,
];
const SETUP = {
  servers: servers(Object.fromEntries(NAMES.map((name) => [name, fixture('odd-names')]))),
  rules: withPrincipals({
    default: { allow: { servers: ['*'] }, deny: { tools: { plain: ['with space'] } }, expose: 'direct' },
  }),
};
const TOOLS = 9;

let gateway: Gateway;
afterEach(() => gateway.stop());

async function listed(rpc: Rpc, what: 'tools' | 'prompts'): Promise<string[]> {
  const { message, text } = await rpc.call(`${what}/list`);
  if (message.result === undefined) throw new Error(text);
  return (message.result[what] as { name: string }[]).map(({ name }) => name);
}

async function called(rpc: Rpc, name: string): Promise<unknown> {
  const { message } = await rpc.call('tools/call', { name, arguments: {} });
  const content = (message.result?.['content'] ?? []) as { text: string }[];
  return content[0]?.text;
}

async function got(rpc: Rpc, name: string): Promise<unknown> {
  const { message } = await rpc.call('prompts/get', { name });
  const messages = (message.result?.['messages'] ?? []) as { content: { text: string } }[];
  return messages[0]?.content.text;
}

describe.each([LEGACY, MODERN])('%s', (revision) => {
  it('fit, differ, lead back to what they stand for, and stay the same', async () => {
    const started = await serveHttp(SETUP);
    gateway = started;
    const rpc = await started.open(revision);
    const tools = await listed(rpc, 'tools');
    const prompts = await listed(rpc, 'prompts');
    expect(tools).toHaveLength(NAMES.length * TOOLS - 1);
    expect(prompts).toHaveLength(NAMES.length * TOOLS);
    for (const names of [tools, prompts]) {
      expect(names.filter((name) => !/^[A-Za-z0-9_-]{1,56}$/.test(name))).toEqual([]);
      expect(new Set(names).size).toBe(names.length);
    }
    const said = await Promise.all(tools.map((name) => called(rpc, name)));
    for (const own of ['echo', '天气查询', 'a__b', 'emoji😀'])
      expect(said.filter((name) => name === own)).toHaveLength(NAMES.length);
    expect(said.filter((name) => name === 'with space')).toHaveLength(NAMES.length - 1);
    expect(new Set(await Promise.all(prompts.map((name) => got(rpc, name))))).toEqual(new Set(said));
    // What the rules deny is no more there under its other name than what nobody has.
    const hidden = prompts.filter((name) => !tools.includes(name));
    expect(hidden).toEqual([expect.stringMatching(/^plain__with-space_[0-9a-f]{8}$/)]);
    const answers = await Promise.all(
      [hidden[0] ?? '', 'plain__with-space_00000000'].map(async (name) => {
        const { message } = await rpc.call('tools/call', { name, arguments: {} });
        return JSON.stringify(message.result).replaceAll(/with-space_[0-9a-f]{8}/g, 'NAME');
      }),
    );
    expect(answers[0]).toBe(answers[1]);
    await gateway.stop();
    const again = await serveHttp(SETUP);
    gateway = again;
    expect(await listed(await again.open(revision), 'tools')).toEqual(tools);
  });
});

it('validate and the log name what is renamed', async () => {
  const started = await serveStdio(
    { ...SETUP, rules: withPrincipals({ default: { allow: { servers: ['*'] }, expose: 'direct' } }) },
    LEGACY,
  );
  gateway = started;
  expect(started.running.stderr()).toMatch(/"server":"a__b","exposed":"a_b-[0-9a-f]{6}"/);
  await listed(started.rpc, 'tools');
  await started.running.waitForStderr(/"server":"plain","tools":5,"names":\{"users.list\/all":"plain__users-list-all_/);
  const { env, cwd } = started.home;
  const { stdout } = await runCli(['validate'], { env, cwd });
  expect(stdout).toContain('Server "@scope/pkg" is "scope-pkg-5b9874"');
  expect(stdout).not.toContain('Server "plain"');
});
