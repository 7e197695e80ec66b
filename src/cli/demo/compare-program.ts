/** One question of the demo, answered twice: by calls one by one, and by a program that makes the same calls. */
import { estimateTokens } from '../../catalog/estimate-tokens.ts';
import type { DemoAgent } from './agent.ts';
import { must } from './must.ts';
import type { Narrator } from './narrator.ts';

export interface ProgramFigures {
  readonly calls: number;
  /** Estimated tokens of what was written and read: calls and results, or the program and what it returned. */
  readonly one_by_one_tokens: number;
  readonly program_tokens: number;
}

const PROGRAM = `const open = await servers.tickets.search_tickets({ query: 'refund', status: 'open' });
return await tools.parallel(open.map(({ id, customer }) => async () => {
  const [row] = await servers.database.query_rows({ table: 'customers', where: { id: customer } });
  const comments = await servers.tickets.list_comments({ ticket_id: id });
  return id + ' ' + row.name + ': ' + comments.length;
}));`;

/** @throws GatewayError INTERNAL where the two do not come to the same */
export async function compareProgram(agent: DemoAgent, { step, did, line }: Narrator): Promise<ProgramFigures> {
  step('A program makes several calls, and its agent reads one value. The rules decide about each call');
  const byHand = await oneByOne(agent);
  const { text, error } = await agent.run(PROGRAM);
  must(error === undefined, `the program is allowed (${error?.message})`);
  must(text === JSON.stringify(byHand.answer), `the program answers the same (${text})`);
  did(agent.name, 'run_code', text);
  const program = estimateTokens(PROGRAM) + estimateTokens(text);
  line(`${byHand.calls} calls one by one: ${byHand.tokens} tokens written and read. The program: ${program}.`);
  return { calls: byHand.calls, one_by_one_tokens: byHand.tokens, program_tokens: program };
}

async function oneByOne(agent: DemoAgent): Promise<{ answer: string[]; calls: number; tokens: number }> {
  let calls = 0;
  let tokens = 0;
  const call = async <T>(server: string, tool: string, args: Record<string, unknown>): Promise<T> => {
    const { text } = await agent.execute(server, tool, args);
    calls++;
    tokens += estimateTokens(JSON.stringify({ server, tool, args })) + estimateTokens(text);
    return JSON.parse(text) as T;
  };
  const open = await call<{ id: string; customer: string }[]>('tickets', 'search_tickets', {
    query: 'refund',
    status: 'open',
  });
  const answer: string[] = [];
  for (const { id, customer } of open) {
    const rows = await call<{ name: string }[]>('database', 'query_rows', {
      table: 'customers',
      where: { id: customer },
    });
    const comments = await call<unknown[]>('tickets', 'list_comments', { ticket_id: id });
    answer.push(`${id} ${rows[0]?.name}: ${comments.length}`);
  }
  return { answer, calls, tokens };
}
