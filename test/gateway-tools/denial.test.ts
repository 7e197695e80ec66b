/** Denied and non-existent look the same to who may not use them (docs/rules.md; D14). */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { servers, withPrincipals } from '../support/home.ts';
import { CORNERS, type Front, openShared, overMatrix } from '../support/matrix.ts';
import { fixture } from '../support/paths.ts';
import type { Rpc } from '../support/rpc.ts';
import { call, errorOf, executeText, resultOf } from '../support/tools.ts';

/** In all, over the four kinds of connection. */
const PAIRS = 1_000;

const SETUP = {
  servers: servers({
    open: fixture('calc', { TOOLS: 'drop_table,hidden,keep' }),
    closed: fixture('calc', { TOOLS: 'drop_table' }),
    unmentioned: fixture('calc'),
    broken: { command: 'x', url: 'http://127.0.0.1:9/' },
  }),
  rules: withPrincipals({
    default: {
      allow: { servers: ['open', 'closed'], tools: { open: ['add', 'drop_*', 'keep'] } },
      deny: { servers: ['closed', 'gone'], tools: { open: ['drop_*', 'ghost'] } },
    },
  }),
};

/** Exists or not, denied by a rule or by none: each entry is one way to be refused. */
const SERVERS = ['closed', 'unmentioned', 'broken', 'gone'];
const TOOLS = ['drop_table', 'hidden', 'fail', 'ghost', 'label'];

interface Names {
  readonly server: string;
  readonly tool: string;
}

/** A small generator, so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function pick<T>(next: () => number, list: readonly T[]): T {
  return list[Math.floor(next() * list.length)] as T;
}

/** Now and then with characters that JSON escapes, and beyond ASCII. */
function invented(next: () => number, prefix: string): string {
  const length = 1 + Math.floor(next() * 12);
  return (
    prefix + Array.from({ length }, () => pick(next, [...'abcXYZ019_-.', '"', '\\', '\n', '<', 'é', '😀'])).join('')
  );
}

function names(next: () => number): Names {
  if (next() < 0.5) {
    const server = next() < 0.5 ? pick(next, SERVERS) : invented(next, 'no-server');
    return { server, tool: next() < 0.5 ? pick(next, TOOLS) : invented(next, 'no-tool') };
  }
  return { server: 'open', tool: next() < 0.6 ? pick(next, TOOLS) : invented(next, 'drop_') };
}

async function bytes(
  rpc: Rpc,
  tool: 'execute_tool' | 'get_server_tools',
  { server, tool: name }: Names,
): Promise<string> {
  const args = tool === 'execute_tool' ? { server, tool: name } : { server };
  const answer = await call(rpc, tool, args);
  expect(errorOf(resultOf(answer)).code).toBe('DENIED_BY_POLICY');
  return blank(answer.text.replace(/"id":\d+/, '"id":0'), name, server);
}

/** Without the caller's own names, which stand in a JSON text inside a JSON text. */
function blank(text: string, ...own: readonly string[]): string {
  const inner = (value: string): string => JSON.stringify(value).slice(1, -1);
  return own
    .filter((name) => name !== '')
    .reduce(
      (rest, name) => rest.replaceAll(inner(inner(`'${name}'`)), "'_'").replaceAll(inner(inner(name)), '_'),
      text,
    );
}

overMatrix(CORNERS, (kind) => {
  let front: Front;
  beforeAll(async () => {
    front = await openShared(kind, SETUP);
    // The servers run: the answers below cannot come from a start that takes time.
    expect(await executeText(front.rpc, { server: 'open', tool: 'add', args: { a: 1, b: 2 } })).toBe('3');
  });
  afterAll(() => front.stop());

  it(`${PAIRS / CORNERS.length} random pairs have equal bytes`, async () => {
    const next = random(CORNERS.indexOf(kind) + 1);
    const seen = new Set<string>();
    for (let pair = 0; pair < PAIRS / CORNERS.length; pair++) {
      const [one, other] = [names(next), names(next)];
      const [first, second] = await Promise.all([
        bytes(front.rpc, 'execute_tool', one),
        bytes(front.rpc, 'execute_tool', other),
      ]);
      expect(first, `${JSON.stringify(one)} and ${JSON.stringify(other)}`).toBe(second);
      seen.add(first);
    }
    expect(seen.size).toBe(1);
  });

  it('so have the refusals of get_server_tools', async () => {
    const next = random(99);
    const seen = new Set<string>();
    for (const server of [...SERVERS, ...Array.from({ length: 40 }, () => invented(next, 'no-server'))]) {
      seen.add(await bytes(front.rpc, 'get_server_tools', { server, tool: '' }));
    }
    expect(seen.size).toBe(1);
  });

  it('an agent that the rules have but the caller may not assume looks like one that they do not have', async () => {
    const text = async (agent: string): Promise<string> => {
      const answer = await call(front.rpc, 'list_servers', { agent_id: agent });
      expect(errorOf(resultOf(answer)).code).toBe('INVALID_AGENT_ID');
      return blank(answer.text.replace(/"id":\d+/, '"id":0'), agent);
    };
    expect(await text('nobody-1')).toBe(await text('nobody-two'));
  });
});
