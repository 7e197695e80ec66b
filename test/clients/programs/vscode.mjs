/**
 * The MCP client of VS Code, as a program that does what it is told: see ../run-program.mjs. Its protocol and its HTTP transport are those
 * of the editor; processes are started here, since the editor's way to do that is not in the package.
 */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { createInterface } from 'node:readline';

const API = '@codingame/monaco-vscode-api/vscode/vs';
const plan = JSON.parse(process.argv[2]);
const [
  { McpServerRequestHandler },
  { McpTaskManager },
  { McpHTTPHandle },
  { McpConnectionState },
  events,
  tokens,
  uris,
  observables,
] = await Promise.all(
  [
    '@codingame/monaco-vscode-mcp-service-override/vscode/vs/workbench/contrib/mcp/common/mcpServerRequestHandler',
    `${API}/workbench/contrib/mcp/common/mcpTaskManager`,
    `${API}/workbench/api/common/extHostMcp`,
    `${API}/workbench/contrib/mcp/common/mcpTypes`,
    `${API}/base/common/event`,
    `${API}/base/common/cancellation`,
    `${API}/base/common/uri`,
    `${API}/base/common/observableInternal/observables/observableValue`,
  ].map((name) => import(name)),
);
const { Kind } = McpConnectionState;
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

const logger = {
  ...Object.fromEntries(['trace', 'debug', 'info', 'warn', 'error'].map((level) => [level, () => {}])),
  getLevel: () => 0,
  onDidChangeLogLevel: events.Event.None,
};
const product = { nameLong: 'Visual Studio Code', version: plan.editor };
const services = { invokeFunction: (run) => run({ get: () => product }) };

/** A transport as the editor has it: a state, messages, `send`. */
function openTransport() {
  const heard = new events.Emitter();
  const state = observables.observableValue('state', { state: Kind.Starting });
  const transport = { state, onDidReceiveMessage: heard.event };
  const take = (text) => {
    if (text.trim() !== '') heard.fire(JSON.parse(text));
  };
  if (plan.url === undefined) {
    const child = spawn(plan.command, plan.args, { env: plan.env, stdio: ['pipe', 'pipe', 'ignore'] });
    createInterface({ input: child.stdout }).on('line', take);
    child.once('exit', () => state.set({ state: Kind.Stopped }, undefined));
    state.set({ state: Kind.Running }, undefined);
    return {
      ...transport,
      send: (message) => child.stdin.write(`${JSON.stringify(message)}\n`),
      stop: () => child.stdin.end(),
    };
  }
  const proxy = {
    $onDidChangeState: (_id, next) => state.set(next, undefined),
    $onDidReceiveMessage: (_id, text) => take(text),
    $onDidPublishLog: () => {},
    $logMcpAuthSetup: () => {},
    $getTokenFromServerMetadata: async () => undefined,
  };
  const launch = { uri: uris.URI.parse(plan.url), headers: [['Authorization', `Bearer ${plan.token}`]] };
  const handle = new McpHTTPHandle(1, launch, proxy, logger, false);
  return { ...transport, send: (message) => void handle.send(JSON.stringify(message)), stop: () => handle.close() };
}

let transport;
let client;

/** The connection; the editor starts a server again that stopped. */
async function connected() {
  if (client !== undefined && transport.state.get().state === Kind.Running) return client;
  transport = openTransport();
  client = await McpServerRequestHandler.create(services, {
    launch: transport,
    logger,
    taskManager: new McpTaskManager(),
  });
  return client;
}

/** As `McpTool` of the editor: a call in a session that is over is made once more. */
async function called(request, token, mayRetry = true) {
  try {
    return await (await connected()).callTool(request, token);
  } catch (error) {
    const { state, shouldRetry } = transport?.state.get() ?? {};
    if (mayRetry && state === Kind.Error && shouldRetry) return called(request, token, false);
    throw error;
  }
}

// The editor logs what nobody waits for, such as the end of a stream.
process.on('unhandledRejection', () => {});

for (const { column, tool, args, restart, cancelMs } of plan.steps) {
  if (restart) {
    say({ restart: true });
    await lines.next();
  }
  const source = new tokens.CancellationTokenSource();
  const timer = cancelMs === undefined ? undefined : setTimeout(() => source.cancel(), cancelMs);
  try {
    const result = await called({ name: tool, arguments: args }, source.token);
    say({ column, text: JSON.stringify(result) });
  } catch (error) {
    say({ column, text: String(error) });
  }
  clearTimeout(timer);
}
await transport?.stop();
process.exit();
