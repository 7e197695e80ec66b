import { estimateTokens } from '../../catalog/estimate-tokens.ts';
import { type Detail, renderTool } from '../../catalog/render-tool.ts';
import type { ToolEntry } from '../../catalog/tool-entry.ts';
import { compilePattern, patternProblem } from '../../policy/pattern.ts';
import { GatewayError } from '../../shared/errors.ts';
import { cutText } from '../../shared/truncate.ts';
import { withoutUnseen } from '../../shared/unseen.ts';
import type { GatewayTool, ToolContext } from '../operation.ts';
import { textAnswer } from '../tool-answer.ts';
import { toolListOf } from '../virtual-tools.ts';
import { executorOf } from './executor-choice.ts';
import { inputSchema } from './input-schema.ts';
import type { Arguments } from './read-arguments.ts';
import { readDetail } from './read-detail.ts';

/** Characters of what a server says of itself. */
const MAX_INSTRUCTIONS = 2_000;

export const getServerTools: GatewayTool = {
  name: 'get_server_tools',
  definition: {
    name: 'get_server_tools',
    description: "Get a server's tool definitions: those in names, or matching pattern (* and ?), or all.",
    inputSchema: inputSchema(
      {
        server: { type: 'string' },
        names: { type: 'string', description: 'Comma-separated' },
        pattern: { type: 'string' },
        detail: { type: 'string', enum: ['names', 'brief', 'full'] },
        max_schema_tokens: { type: 'integer' },
      },
      ['server'],
    ),
    annotations: { readOnlyHint: true },
  },
  read(args) {
    const server = args.requiredString('server');
    const names = args.names('names');
    const pattern = readPattern(args);
    const detail = readDetail(args, 'get_server_tools') ?? 'full';
    const budget = args.count('max_schema_tokens');
    return {
      claimedAgent: args.string('agent_id'),
      server,
      tool: undefined,
      executes: false,
      run: (context) => describe(context, { server, names, pattern, budget, detail }),
    };
  },
};

function readPattern(args: Arguments): string | undefined {
  const pattern = args.string('pattern');
  const problem = pattern === undefined ? undefined : patternProblem(pattern);
  if (problem !== undefined) throw new GatewayError('INVALID_ARGUMENTS', `get_server_tools: pattern ${problem}.`);
  return pattern;
}

interface Query {
  readonly server: string;
  readonly names: readonly string[] | undefined;
  readonly pattern: string | undefined;
  readonly budget: number | undefined;
  readonly detail: Detail;
}

async function describe(context: ToolContext, query: Query): Promise<ReturnType<typeof textAnswer>> {
  const { permitted, instructions } = await listedBy(context, query.server);
  const matches = query.pattern === undefined ? undefined : compilePattern(query.pattern);
  const selected = permitted.filter(
    ({ name }) => (query.names === undefined || query.names.includes(name)) && (matches === undefined || matches(name)),
  );
  const definitions: string[] = [];
  const executors = new Map<string, string[]>();
  let used = 0;
  for (const entry of selected) {
    const definition = renderTool(entry, query.detail);
    const cost = estimateTokens(definition);
    if (query.budget !== undefined && used + cost > query.budget) break;
    used += cost;
    definitions.push(definition);
    const executor = executorOf(context, query.server, entry);
    if (executor !== undefined) executors.set(executor, [...(executors.get(executor) ?? []), entry.name]);
  }
  const counts = `"total_available":${permitted.length},"returned":${definitions.length},"tokens_used":${used}`;
  const calling = executors.size === 0 ? '' : `,"execute":${JSON.stringify(Object.fromEntries(executors))}`;
  const isNews = query.names === undefined && query.detail !== 'names';
  const said = isNews ? saidBy(instructions) : '';
  return textAnswer(
    `{"tools":[${definitions.join(',')}],"server":${JSON.stringify(query.server)},${counts}${calling}${said}}`,
  );
}

/** The introduction of the server: for who gets to know its tools, and not for who only wants names or knows them already. */
function saidBy(instructions = ''): string {
  const text = withoutUnseen(instructions).trim();
  if (text === '') return '';
  const said = text.length > MAX_INSTRUCTIONS ? `${cutText(text, MAX_INSTRUCTIONS)}…` : text;
  return `,"server_instructions":${JSON.stringify(said)}`;
}

interface Listed {
  /** The tools that the caller may use, in the server's order. */
  readonly permitted: readonly ToolEntry[];
  readonly instructions: string | undefined;
}

/** @throws GatewayError SERVER_UNAVAILABLE, TIMEOUT */
async function listedBy(context: ToolContext, serverName: string): Promise<Listed> {
  const { snapshot, decide, signal, defaultTimeoutMs } = context;
  const timeoutMs = snapshot.servers.get(serverName)?.timeoutMs ?? defaultTimeoutMs;
  const { entries, instructions } = await toolListOf(context, serverName, { timeoutMs, signal });
  const permitted = entries.filter((entry) => decide(serverName, entry.name, 'tool', entry).allowed);
  return { permitted, instructions };
}
