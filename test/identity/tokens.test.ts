/** What the gateway costs an agent that does not use it: everything in `tools/list`, counted as the model sees it. */
import { encode } from 'gpt-tokenizer/encoding/o200k_base';
import { expect, it } from 'vitest';
import { servers, withPrincipals } from '../support/home.ts';
import { KINDS, open, overMatrix } from '../support/matrix.ts';
import { membersOf, resultText } from '../support/spans.ts';

/** Tokens for all tools of the default mode. */
const BUDGET = 600;
/** Tokens for the three that the gateway began with. */
const FIRST_THREE = 420;

overMatrix(KINDS, (kind) => {
  it(`tools/list costs at most ${BUDGET} tokens`, async () => {
    const front = await open(kind, { servers: servers({}), rules: withPrincipals({ default: {} }) });
    const { text, message } = await front.rpc.call('tools/list');
    const result = resultText(text);
    expect(encode(result).length).toBeLessThanOrEqual(BUDGET);
    expect(membersOf(result).map(([key]) => key)).toContain('tools');
    const tools = message.result?.['tools'] as Record<string, unknown>[];
    const first = tools.filter(({ name }) =>
      ['list_servers', 'get_server_tools', 'execute_tool'].includes(String(name)),
    );
    expect(first).toHaveLength(3);
    expect(encode(JSON.stringify({ tools: first })).length).toBeLessThanOrEqual(FIRST_THREE);
    // Clients that defer tools load these at once, and strict ones want the type of every enumeration.
    for (const tool of tools) expect(tool['_meta']).toEqual({ 'anthropic/alwaysLoad': true });
    const shown = JSON.stringify(tools);
    expect(shown.match(/"enum"/g)).toHaveLength(2);
    expect(shown.match(/"type":"string","enum"/g)).toHaveLength(2);
    // A model that reads only this knows what to do first and next.
    for (const tool of tools) expect(String(tool['description'])).not.toBe('');
    expect(JSON.stringify(tools[0])).toContain('execute_tool');
    expect(JSON.stringify(first[0])).toContain('get_server_tools');
    expect(message.result).not.toHaveProperty('outputSchema');
    await front.stop();
  });
});
