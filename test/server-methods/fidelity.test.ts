/** A result arrives as the server gave it: equal values, and between the braces equal bytes. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { servers, withPrincipals } from '../support/home.ts';
import { type Front, KINDS, openShared, overMatrix } from '../support/matrix.ts';
import { fixture, fixturePath, npmServer, root } from '../support/paths.ts';
import { type Running, start } from '../support/process.ts';
import type { Rpc } from '../support/rpc.ts';
import { resultText, withoutHopByHop } from '../support/spans.ts';
import { openStdio } from '../support/stdio.ts';
import { call, errorOf, resultOf, type ToolResult, textOf } from '../support/tools.ts';

const names = readFileSync(`${root}test/fixtures/fidelity.txt`, 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => line.slice(0, line.indexOf('\t')));

const SETUP = {
  servers: servers({ fidelity: fixture('fidelity'), everything: npmServer('everything') }),
  rules: withPrincipals({ default: { allow: { servers: ['*'] } } }),
};

/** Servers reached without the gateway, to compare with. */
const direct: { fidelity?: Rpc; everything?: Rpc; running: Running[] } = { running: [] };

async function reach(name: string, command: readonly string[]): Promise<Rpc> {
  const running = start(process.execPath, command, { env: { PATH: process.env.PATH ?? '' }, cwd: root });
  direct.running.push(running);
  if (name === 'everything') await running.waitForStderr(/./);
  return openStdio(running.child, '2025-11-25');
}

beforeAll(async () => {
  direct.fidelity = await reach('fidelity', [fixturePath('fidelity')]);
  direct.everything = await reach('everything', npmServer('everything')['args'] as string[]);
});
afterAll(() => Promise.all(direct.running.map((running) => running.stop('SIGKILL'))));

function directly(server: 'fidelity' | 'everything'): Rpc {
  const rpc = direct[server];
  if (rpc === undefined) throw new Error('Not connected.');
  return rpc;
}

overMatrix(KINDS, (kind) => {
  let front: Front;
  beforeAll(async () => {
    front = await openShared(kind, SETUP);
  });
  afterAll(() => front.stop());

  describe('equal bytes between the braces, hop-by-hop fields aside', () => {
    it.each([...names, 'two_megabytes'])('%s', async (tool) => {
      const expected = await call(directly('fidelity'), tool);
      const actual = await call(front.rpc, 'execute_tool', { server: 'fidelity', tool });
      expect(withoutHopByHop(resultText(actual.text))).toEqual(withoutHopByHop(resultText(expected.text)));
      // Nothing is added for callers of 2025, whose revisions have no hop-by-hop fields in results.
      if (kind.revision !== '2026-07-28') {
        expect(between(resultText(actual.text))).toBe(between(resultText(expected.text)));
      }
    });
  });

  it('arguments arrive at the server with the same bytes', async () => {
    const args =
      '{"z":12345678901234567890,"10":1e400,"2":-0.0,"a":"\\ud800 \\/ \\u0041 \u00e9","deep":{"y":[1.50,{}],"x":null}}';
    const { message } = await front.rpc.call(
      'tools/call',
      `{"name":"execute_tool","arguments":{"server":"fidelity","tool":"received","args":${args}}}`,
    );
    const received = textOf(message.result as unknown as ToolResult);
    expect(received).toContain(`"arguments":${args}`);
  });

  it("the caller's _meta arrives, without the fields of this hop", async () => {
    const meta = { 'vendor.example/trace': 'abc', progressToken: 'secret-token-of-the-caller' };
    const answer = await call(front.rpc, 'execute_tool', { server: 'fidelity', tool: 'received' }, { meta });
    const line = JSON.parse(textOf(resultOf(answer))) as { params: { _meta?: Record<string, unknown> } };
    expect(line.params._meta?.['vendor.example/trace']).toBe('abc');
    expect(JSON.stringify(line)).not.toContain('secret-token-of-the-caller');
    expect(JSON.stringify(line)).not.toContain('"raw"');
  });

  it('every tool of server-everything deep-equals the direct result', async () => {
    const { message } = await directly('everything').call('tools/list');
    const tools = (message.result?.['tools'] ?? []) as { name: string }[];
    expect(tools.length).toBeGreaterThan(8);
    for (const { name } of tools) {
      const args = ARGUMENTS[name];
      if (args === undefined) throw new Error(`Say in ARGUMENTS what ${name} is called with.`);
      const expected = await call(directly('everything'), name, args);
      const actual = await call(front.rpc, 'execute_tool', { server: 'everything', tool: name, args });
      if (expected.message.error !== undefined) {
        expect(errorOf(resultOf(actual)).message, name).toBe(expected.message.error.message);
        continue;
      }
      const shape = SHAPED.has(name) ? shapeOf : (value: unknown) => value;
      expect(shape(cleaned(resultOf(actual))), name).toEqual(shape(cleaned(resultOf(expected))));
    }
  });
});

const ARGUMENTS: Readonly<Record<string, object>> = {
  echo: { message: 'hello' },
  'get-annotated-message': { messageType: 'error', includeImage: true },
  'get-env': {},
  'get-resource-links': { count: 3 },
  'get-resource-reference': { resourceType: 'Text', resourceId: 1 },
  'get-structured-content': { location: 'New York' },
  'get-sum': { a: 1.5, b: 2 },
  'get-tiny-image': {},
  'gzip-file-as-resource': { name: 'x.txt.gz', data: 'data:text/plain,hello', outputType: 'resource' },
  'simulate-research-query': { topic: 'tests' },
  'toggle-simulated-logging': {},
  'toggle-subscriber-updates': {},
  'trigger-long-running-operation': { duration: 0.1, steps: 2 },
};

/** Compared by shape: their values are the time, the environment, or what was called before. */
const SHAPED: ReadonlySet<string> = new Set([
  'get-env',
  'get-resource-reference',
  'simulate-research-query',
  'toggle-simulated-logging',
  'toggle-subscriber-updates',
]);

/** What stands between the braces. */
function between(object: string): string {
  return object.slice(1, -1).trim();
}

/** A result without the fields that a hop writes. */
function cleaned(result: ToolResult): unknown {
  const { resultType: _type, _meta, ...rest } = result;
  const meta = Object.entries((_meta ?? {}) as object).filter(([key]) => !key.startsWith('io.modelcontextprotocol/'));
  return meta.length === 0 ? rest : { ...rest, _meta: Object.fromEntries(meta) };
}

/** Types in place of values. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (value === null || typeof value !== 'object') return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, shapeOf(inner)]));
}
