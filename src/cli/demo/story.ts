/** The demo, step by step. Every sentence that claims something is checked before it is said. */
import { estimateTokens } from '../../catalog/estimate-tokens.ts';
import { createAgent, type DemoAgent, type DemoCall } from './agent.ts';
import { compareProgram } from './compare-program.ts';
import { overHttp, overStdio } from './demo-transports.ts';
import { agentFigures, type Figures, toolCount } from './figures.ts';
import type { Program } from './gateway-process.ts';
import { must } from './must.ts';
import type { Narrator } from './narrator.ts';
import { GRANT } from './rules.ts';
import { DEMO_SERVERS } from './servers/all.ts';
import type { Stage } from './stage.ts';
import { readTrail } from './trail.ts';

interface Listing {
  readonly tools: readonly { readonly name: string }[];
  readonly tokens_used: number;
}

interface Cast {
  readonly support: DemoAgent;
  readonly analyst: DemoAgent;
  readonly gateways: readonly Program[];
}

const CUSTOMER = { server: 'database', tool: 'query_rows', args: { table: 'customers', where: { id: 'c-301' } } };

/** @throws GatewayError INTERNAL where something is not as the demo says */
export async function tell(stage: Stage, narrator: Narrator): Promise<Omit<Figures, 'seconds'>> {
  const cast = await connect(stage, narrator);
  const { support, analyst } = cast;
  const seen = await discover(cast, narrator);
  await fetchDefinitions(cast, narrator);
  await callTools(cast, narrator);
  const first = await denied(support, CUSTOMER, narrator);
  const ms = await changeRules(stage, cast, narrator);
  const { text } = allowed(await execute(support, CUSTOMER));
  narrator.did('support', 'the same call again', text);
  const second = await denied(
    support,
    { server: 'database', tool: 'drop_table', args: { table: 'customers' } },
    narrator,
  );
  const program = await compareProgram(support, narrator);
  const audit = await readTrail(stage.audit, narrator);
  const agents = {
    support: agentFigures(support, 'http', seen.support),
    analyst: agentFigures(analyst, 'stdio', seen.analyst),
  };
  return {
    servers: DEMO_SERVERS.length,
    tools: toolCount(),
    agents,
    denied: [first, second],
    reload: { allowed_afterwards: true, ms },
    program,
    audit,
  };
}

async function connect(stage: Stage, { step, did }: Narrator): Promise<Cast> {
  step('Two agents connect to the gateway');
  const service = stage.start('--transport', 'http', '--port', '0');
  const listening = service.says(/listening on (\S+)/);
  const command = stage.start('--agent', 'analyst');
  const url = (await listening)[1] ?? '';
  const support = createAgent('support', overHttp(url, stage.token));
  const analyst = createAgent('analyst', await overStdio(command));
  const offered = await support.tools();
  did('support', `over HTTP, at ${url}, with a token of its own`, `it is offered ${offered.join(', ')}`);
  const alike = (await analyst.tools()).join() === offered.join();
  const needed = ['list_servers', 'get_server_tools', 'execute_tool'];
  must(alike && needed.every((tool) => offered.includes(tool)), `both agents are offered ${needed.join(', ')}`);
  did('analyst', 'over stdio: its client starts "agent-mcp-gateway --agent analyst"', 'the same tools');
  return { support, analyst, gateways: [service, command] };
}

async function discover({ support, analyst }: Cast, { step, did, line }: Narrator) {
  step('They look what there is. The rules decide what each of them sees');
  const names = async (agent: DemoAgent): Promise<string[]> =>
    (await agent.find<{ name: string }[]>('list_servers', {})).map(({ name }) => name);
  const seen = { support: await names(support), analyst: await names(analyst) };
  must(seen.support.join() === 'calendar,notes,tickets', 'support sees its three servers');
  must(seen.analyst.join() === 'database,weather', 'analyst sees its two servers');
  did('support', 'list_servers', seen.support.join(', '));
  did('analyst', 'list_servers', seen.analyst.join(', '));
  line(`There are ${DEMO_SERVERS.length} servers with ${toolCount()} tools behind the gateway.`);
  return seen;
}

async function fetchDefinitions({ support, analyst }: Cast, { step, did }: Narrator): Promise<void> {
  step('They fetch the definitions that they need, and no others');
  const show = async (agent: DemoAgent, args: { server: string; pattern?: string }, expected: string) => {
    const { tools, tokens_used } = await agent.find<Listing>('get_server_tools', args);
    const names = tools.map(({ name }) => name).join(', ');
    must(names === expected, `get_server_tools gives ${agent.name} the tools ${expected}`);
    const total = DEMO_SERVERS.find(({ name }) => name === args.server)?.tools.length;
    did(agent.name, `get_server_tools ${JSON.stringify(args)}`, `${names} (of ${total} tools; ${tokens_used} tokens)`);
  };
  await show(support, { server: 'tickets', pattern: 'search_*' }, 'search_tickets');
  await show(analyst, { server: 'database' }, 'list_tables, describe_table, query_rows');
}

async function callTools({ support, analyst }: Cast, { step, did }: Narrator): Promise<void> {
  step('They call tools. The result arrives as the server gave it');
  const search = { server: 'tickets', tool: 'search_tickets', args: { query: 'refund', status: 'open' } };
  const found = allowed(await execute(support, search));
  must(found.text.includes('T-1042') && !found.text.includes('T-1043'), 'the search finds the right tickets');
  did('support', called(search), shortened(found.text));
  const rows = allowed(await execute(analyst, CUSTOMER));
  must(rows.text.includes('Ada Quist'), 'the query finds the customer');
  did('analyst', called(CUSTOMER), rows.text);
}

async function denied(agent: DemoAgent, call: Call, { step, did }: Narrator): Promise<string> {
  if (call === CUSTOMER) step('A call that the rules do not allow is refused, and no server hears of it');
  const { error } = await execute(agent, call);
  must(error?.code === 'DENIED_BY_POLICY', `${agent.name} may not use ${call.tool}`);
  did(agent.name, called(call), `${error?.code}: ${error?.message}`);
  return error?.code ?? '';
}

/** @returns milliseconds from the edit until both gateways had it. */
async function changeRules(stage: Stage, { gateways }: Cast, { step, line }: Narrator): Promise<number> {
  step('The owner edits the rules file while both gateways run');
  const reloaded = gateways.map((gateway) => gateway.says(/^configuration reloaded/));
  const edited = performance.now();
  stage.grantDatabase();
  await Promise.all(reloaded);
  const ms = Math.round(performance.now() - edited);
  for (const change of GRANT) line(change);
  line(`In force after ${ms} ms. Nothing was restarted.`);
  return ms;
}

interface Call {
  readonly server: string;
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
}

function execute(agent: DemoAgent, { server, tool, args }: Call): Promise<DemoCall> {
  return agent.execute(server, tool, args);
}

function allowed(execution: DemoCall): DemoCall {
  must(execution.error === undefined, `the call is allowed (${execution.error?.message})`);
  return execution;
}

function called({ server, tool, args }: Call): string {
  return `execute_tool ${server} ${tool} ${JSON.stringify(args)}`;
}

function shortened(text: string): string {
  return text.length <= 160 ? text : `${text.slice(0, 160)}… (${estimateTokens(text)} tokens)`;
}
