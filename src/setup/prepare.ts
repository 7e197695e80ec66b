/** Says what is peculiar to one client in an entry as most clients do. Pure. */
import { type Data, type DataMap, isList, isMap } from './edit/data.ts';

interface Prepared {
  readonly entry: Map<string, Data>;
  /** Headers and variables in our words already. */
  readonly headers: Map<string, string>;
  readonly env: Map<string, string>;
  readonly needs: string[];
  readonly approved: string[];
  readonly lost: string[];
  /** The reason why it stays with its client; the end of a sentence. */
  left?: string;
}

/** @param id of the client. */
export function prepare(id: string, raw: DataMap): Prepared {
  const prepared: Prepared = {
    entry: new Map(raw),
    headers: new Map(),
    env: new Map(),
    needs: [],
    approved: [],
    lost: [],
  };
  PECULIAR.get(id)?.(prepared);
  passDocker(prepared);
  return prepared;
}

type Work = (prepared: Prepared) => void;

const PECULIAR: ReadonlyMap<string, Work> = new Map<string, Work>([
  ['claude-code', ofClaude],
  ['cursor', ofCursor],
  ['vscode', ofEditor],
  ['codex', ofCodex],
  ['gemini-cli', ofGemini],
  ['qwen-code', ofGemini],
  ['zed', ofZed],
  ['opencode', ofOpencode],
  ['kilo-cli', ofOpencode],
  ['goose', ofGoose],
  ['cline', ofCline],
  ['continue', ofContinue],
  ['copilot-cli', ofCopilot],
]);

function take(entry: Map<string, Data>, key: string): Data | undefined {
  const value = entry.get(key);
  entry.delete(key);
  return value;
}

function ofClaude(prepared: Prepared): void {
  const { entry, lost } = prepared;
  const type = entry.get('type');
  if (entry.has('headersHelper')) {
    take(entry, 'headersHelper');
    lost.push('"headersHelper": the headers that a program makes');
  }
  if (['ws', 'sdk', 'sse-ide', 'ws-ide'].includes(String(type))) prepared.left = `is of the type "${String(type)}"`;
}

function ofCursor({ entry }: Prepared): void {
  const auth = take(entry, 'auth');
  if (isMap(auth)) entry.set('oauth', auth);
}

function ofEditor(prepared: Prepared): void {
  const { entry, lost } = prepared;
  const url = entry.get('url');
  if (typeof url === 'string' && /^(?:unix|pipe):/.test(url))
    prepared.left = 'is at a local socket, which the gateway does not reach';
  const sandbox = take(entry, 'sandbox');
  if (take(entry, 'sandboxEnabled') === true || sandbox !== undefined) {
    lost.push('"sandbox": the gateway starts it without one');
  }
}

function ofCodex({ entry, headers, env, needs, approved, lost }: Prepared): void {
  const token = take(entry, 'bearer_token_env_var');
  if (typeof token === 'string') {
    headers.set('Authorization', `Bearer \${${token}}`);
    needs.push(token);
  }
  const fromEnv = take(entry, 'env_http_headers');
  for (const [name, variable] of isMap(fromEnv) ? fromEnv : []) {
    headers.set(name, `\${${String(variable)}}`);
    needs.push(String(variable));
  }
  const passed = take(entry, 'env_vars');
  for (const one of isList(passed) ? passed : []) {
    const name = isMap(one) ? one.get('name') : one;
    if (isMap(one) && one.get('source') === 'remote') lost.push(`"env_vars": ${String(name)} of a remote environment`);
    else if (typeof name === 'string') env.set(name, `\${${name}:-}`);
  }
  const start = take(entry, 'startup_timeout_sec');
  const startMs = take(entry, 'startup_timeout_ms');
  const startTime = start === undefined ? Number(startMs) : Number(start) * 1000;
  if (startTime > 0) entry.set('start_timeout_ms', Math.round(startTime));
  const call = Number(take(entry, 'tool_timeout_sec'));
  if (call > 0) entry.set('timeout_ms', Math.round(call * 1000));
  const scopes = take(entry, 'scopes');
  if (isList(scopes))
    entry.set(
      'oauth',
      new Map([...(isMap(entry.get('oauth')) ? (entry.get('oauth') as DataMap) : []), ['scopes', scopes]]),
    );
  const tools = take(entry, 'tools');
  for (const [tool, settings] of isMap(tools) ? tools : []) {
    const mode = isMap(settings) ? settings.get('approval_mode') : undefined;
    if (mode === 'approve') approved.push(tool);
    else if (mode === 'prompt') lost.push(`"tools.${tool}": Codex asks before it`);
  }
  const mode = take(entry, 'default_tools_approval_mode');
  if (mode === 'prompt') lost.push('"default_tools_approval_mode": Codex asks before its tools');
}

function ofGemini({ entry, lost }: Prepared): void {
  if (take(entry, 'trust') === true) lost.push('"trust": that its tools are used without asking');
  const provider = take(entry, 'authProviderType');
  if (provider !== undefined && provider !== 'dynamic_discovery') {
    lost.push(`"authProviderType": signing in by ${String(provider)}`);
  }
}

function ofZed(prepared: Prepared): void {
  const { entry } = prepared;
  const isExtension = entry.get('source') === 'extension' || (!entry.has('command') && !entry.has('url'));
  if (isExtension) prepared.left = 'is an extension of Zed, which starts it by itself';
  else if (entry.has('settings')) {
    take(entry, 'settings');
    prepared.lost.push('"settings", which only Zed hands over');
  }
}

function ofOpencode({ entry, lost }: Prepared): void {
  const timeout = entry.get('timeout');
  if (isMap(timeout)) {
    take(entry, 'timeout');
    const call = Number(timeout.get('request') ?? timeout.get('execution'));
    const start = Number(timeout.get('startup'));
    if (call > 0) entry.set('timeout', call);
    if (start > 0) entry.set('start_timeout_ms', start);
    if (!(call > 0) && !(start > 0)) lost.push('"timeout"');
  }
}

function ofGoose(prepared: Prepared): void {
  const { entry, env, needs, lost } = prepared;
  const type = String(entry.get('type') ?? 'stdio');
  if (!['stdio', 'sse', 'streamable_http'].includes(type)) {
    prepared.left = 'is part of goose itself';
    return;
  }
  const command = take(entry, 'cmd');
  if (command !== undefined) entry.set('command', command);
  const variables = take(entry, 'envs');
  if (isMap(variables) && variables.size > 0) entry.set('env', variables);
  const keys = take(entry, 'env_keys');
  for (const key of isList(keys) ? keys : []) {
    if (typeof key !== 'string' || (isMap(variables) && variables.has(key))) continue;
    env.set(key, `\${${key}}`);
    needs.push(key);
    lost.push(`the value of ${key}, which goose keeps for itself`);
  }
  if (entry.get('description') === '') entry.delete('description');
}

function ofCline({ entry }: Prepared): void {
  const type = take(entry, 'transportType');
  if (type !== undefined && !entry.has('type')) entry.set('type', type);
}

function ofContinue({ entry, lost }: Prepared): void {
  const options = take(entry, 'requestOptions');
  for (const [key, value] of isMap(options) ? options : []) {
    if (key === 'headers' && isMap(value)) entry.set('headers', value);
    else lost.push(`"requestOptions.${key}"`);
  }
  const key = take(entry, 'apiKey');
  if (typeof key === 'string') {
    const headers = entry.get('headers');
    entry.set(
      'headers',
      new Map<string, Data>([...(isMap(headers) ? headers : []), ['Authorization', `Bearer ${key}`]]),
    );
  }
  const start = Number(take(entry, 'connectionTimeout'));
  if (start > 0) entry.set('start_timeout_ms', start);
}

function ofCopilot({ entry }: Prepared): void {
  take(entry, 'isDefaultServer');
}

/** `docker run -e NAME` passes a variable on, which the program must have: ours get only what their entry names. */
function passDocker({ entry, env }: Prepared): void {
  const command = entry.get('command');
  const args = entry.get('args');
  if (typeof command !== 'string' || !/(?:^|[\\/])(?:docker|podman)(?:\.exe)?$/.test(command) || !isList(args)) return;
  const own = entry.get('env');
  for (const [at, arg] of args.entries()) {
    const name = arg === '-e' || arg === '--env' ? args[at + 1] : undefined;
    if (typeof name !== 'string' || !/^[A-Za-z_]\w*$/.test(name) || (isMap(own) && own.has(name))) continue;
    env.set(name, `\${${name}:-}`);
  }
}
