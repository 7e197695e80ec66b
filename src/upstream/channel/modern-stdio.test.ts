import { afterEach, describe, expect, it } from 'vitest';
import { createLab, fixture, type Lab, stdioServer, until } from '../testing.ts';

const MODERN = fixture('stdio-modern.mjs');
const WAIT = { timeoutMs: 10_000 };
const labs: Lab[] = [];
let changes = 0;

function lab(): Lab {
  changes = 0;
  const made = createLab({ events: { toolsChanged: () => void changes++ } });
  labs.push(made);
  return made;
}

afterEach(async () => {
  for (const made of labs.splice(0)) {
    await made.upstreams.close();
    expect(made.processes()).toEqual([]);
  }
});

describe('modern stdio servers', () => {
  it('are recognised by their answer and get the metadata of their revision', async () => {
    const link = await lab().upstreams.lease(stdioServer(MODERN), WAIT);
    expect(link.facts).toEqual({
      era: 'modern',
      revision: '2026-07-28',
      name: 'modern-fixture',
      version: '9',
      info: { name: 'modern-fixture', version: '9' },
      instructions: 'Be modern.',
      capabilities: { tools: { listChanged: true } },
      text: expect.stringContaining('"instructions":"Be modern."'),
    });
    const reply = await link.request('tools/call', '"name":"meta","arguments":{}', { ...WAIT, meta: '"a":1' });
    if (!reply.ok) throw new Error(reply.message);
    expect(JSON.parse(reply.result.text)).toMatchObject({
      received: {
        'io.modelcontextprotocol/protocolVersion': '2026-07-28',
        'io.modelcontextprotocol/clientCapabilities': {},
        a: 1,
      },
    });
  });

  it('say when their tools change', async () => {
    const link = await lab().upstreams.lease(stdioServer(MODERN), WAIT);
    await link.request('tools/call', '"name":"change","arguments":{}', WAIT);
    await until(() => changes === 1);
  });

  it('that start slowly are still recognised', async () => {
    const link = await lab().upstreams.lease(stdioServer(MODERN, ['slow']), WAIT);
    expect(link.facts.era).toBe('modern');
  });

  it.each([
    ['', ['foreign']],
    [', also where they start slowly', ['foreign', 'slow']],
  ])('of other revisions are refused by name%s', async (_, flags) => {
    const foreign = lab().upstreams.lease(stdioServer(MODERN, flags), WAIT);
    await expect(foreign).rejects.toThrow(/2027-01-01/);
  });
});
