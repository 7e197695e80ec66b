/** An entry from a registry of the official format (server.json). */
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import type { Json, JsonObject } from '../../setup/edit/data.ts';
import { secretName } from '../../setup/literal-secrets.ts';
import { GatewayError } from '../../shared/errors.ts';
import { systemCode } from '../../shared/system-code.ts';
import { answered, hasTerminal, prompts } from './context.ts';

const OFFICIAL = 'https://registry.modelcontextprotocol.io';
/** Milliseconds for the registry to answer. */
const PATIENCE_MS = 15_000;
/** Bytes of an answer. */
const MAX_ANSWER = 4 * 1024 * 1024;

interface RegistryFlags {
  readonly registry?: string;
  readonly env?: readonly string[];
  readonly header?: readonly string[];
  readonly yes?: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * The entry for a server of a registry; what it requires is taken from the flags, asked for, or left to the environment.
 * @throws GatewayError USAGE, CONFIG_NOT_FOUND, SERVER_UNAVAILABLE
 */
export async function entryFromRegistry(
  name: string,
  flags: RegistryFlags,
  env: NodeJS.ProcessEnv,
): Promise<JsonObject> {
  const server = await find(name, flags.registry ?? OFFICIAL);
  const given = givenValues(flags);
  const description = typeof server['description'] === 'string' ? { description: server['description'] } : {};
  const [remote] = list(server['remotes']);
  const packages = list(server['packages']);
  const runnable = packages.find((one) => RUNNERS.has(String(one['registryType'] ?? one['registry_type'])));
  if (runnable !== undefined) return { ...(await packageEntry(runnable, given, env)), ...description };
  if (remote !== undefined) return { ...(await remoteEntry(remote, given, env)), ...description };
  throw new GatewayError(
    'USAGE',
    `"${name}" has neither an address nor a package of npm, PyPI or OCI: add it by hand.`,
  );
}

async function find(name: string, registry: string): Promise<Fields> {
  const answer = /^https?:\/\//.test(registry) ? await ask(name, registry) : await readRegistry(registry);
  const all = [answer, ...list(answer['servers'])].map((one) => (isFields(one['server']) ? one['server'] : one));
  const found = all.filter((one) => one['name'] === name);
  // The last one is the newest where there are several.
  const server = found.find((one) => !isOld(one)) ?? found.at(-1);
  if (server !== undefined) return server;
  const near = all.flatMap((one) => (typeof one['name'] === 'string' ? [one['name']] : [])).slice(0, 5);
  const hint = near.length === 0 ? '' : ` There are: ${near.join(', ')}.`;
  throw new GatewayError('USAGE', `The registry has no server "${name}".${hint}`);
}

function isOld(server: Fields): boolean {
  const meta = server['_meta'];
  const official = isFields(meta) ? meta['io.modelcontextprotocol.registry/official'] : undefined;
  return isFields(official) && official['isLatest'] === false;
}

async function ask(name: string, registry: string): Promise<Fields> {
  const url = new URL('v0/servers', registry.endsWith('/') ? registry : `${registry}/`);
  url.searchParams.set('search', name);
  url.searchParams.set('version', 'latest');
  const failed = (why: string): GatewayError =>
    new GatewayError(
      'SERVER_UNAVAILABLE',
      `The registry ${url.host} cannot be asked (${why}). Try again, or use a file with --registry.`,
    );
  let text: string;
  try {
    const response = await fetch(url, {
      signal: AbortSignal.timeout(PATIENCE_MS),
      headers: { accept: 'application/json' },
    });
    if (!response.ok) throw failed(`status ${response.status}`);
    text = await response.text();
  } catch (error) {
    if (error instanceof GatewayError) throw error;
    throw failed(systemCode(error instanceof Error ? error.cause : undefined) ?? 'no answer');
  }
  if (text.length > MAX_ANSWER) throw failed('too long an answer');
  return parse(text, failed('no JSON'));
}

async function readRegistry(file: string): Promise<Fields> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new GatewayError(
      'CONFIG_NOT_FOUND',
      `${file} cannot be read (${systemCode(error) ?? 'unknown error'}): correct --registry.`,
    );
  });
  return parse(text, new GatewayError('CONFIG_INVALID', `${file} is no JSON of a registry.`));
}

function parse(text: string, otherwise: GatewayError): Fields {
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value)) return { servers: value };
    if (isFields(value)) return value;
  } catch {
    // The same as any other answer that is none.
  }
  throw otherwise;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function list(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

/** The commands that start packages of each registry. */
const RUNNERS: ReadonlyMap<string, (identifier: string, version: string) => readonly [string, ...string[]]> = new Map<
  string,
  (identifier: string, version: string) => readonly [string, ...string[]]
>([
  ['npm', (identifier, version) => ['npx', '-y', version === '' ? identifier : `${identifier}@${version}`]],
  ['pypi', (identifier, version) => ['uvx', version === '' ? identifier : `${identifier}@${version}`]],
  [
    'oci',
    (identifier, version) => [
      'docker',
      'run',
      '-i',
      '--rm',
      version === '' || identifier.includes(':') ? identifier : `${identifier}:${version}`,
    ],
  ],
]);

type Given = ReadonlyMap<string, string>;

function givenValues({ env = [], header = [] }: RegistryFlags): Given {
  const pairs = [...env.map((pair) => pair.split(/=(.*)/s)), ...header.map((pair) => pair.split(/:\s*(.*)/s))];
  return new Map(pairs.map(([name = '', value = '']) => [name, value]));
}

async function packageEntry(one: Fields, given: Given, env: NodeJS.ProcessEnv): Promise<JsonObject> {
  const type = String(one['registryType'] ?? one['registry_type']);
  const transport = isFields(one['transport']) ? one['transport']['type'] : undefined;
  if (transport !== undefined && transport !== 'stdio') {
    throw new GatewayError(
      'USAGE',
      `Its package serves over ${String(transport)}: start it, then add its address with --url.`,
    );
  }
  const words = RUNNERS.get(type)?.(
    String(one['identifier']),
    typeof one['version'] === 'string' ? one['version'] : '',
  ) ?? ['npx'];
  const [command, ...args] = words;
  const runtime = await argumentsOf(one['runtimeArguments'], given, env);
  const own = await argumentsOf(one['packageArguments'], given, env);
  const variables: Record<string, Json> = {};
  for (const input of list(one['environmentVariables'])) {
    const value = await inputValue(input, String(input['name']), given, env);
    if (value !== undefined) variables[String(input['name'])] = value;
  }
  // Those of a container are handed on by name.
  const passed = type === 'oci' ? Object.keys(variables).flatMap((name) => ['-e', name]) : [];
  const at = type === 'oci' ? args.length - 1 : 0;
  const all = [...args.slice(0, at), ...runtime, ...passed, ...args.slice(at), ...own];
  return { command, args: all, ...(Object.keys(variables).length > 0 ? { env: variables } : {}) };
}

async function argumentsOf(value: unknown, given: Given, env: NodeJS.ProcessEnv): Promise<string[]> {
  const words: string[] = [];
  for (const input of list(value)) {
    const name = typeof input['name'] === 'string' ? input['name'] : undefined;
    const text = await inputValue(input, name ?? String(input['valueHint'] ?? 'argument'), given, env);
    if (text === undefined) continue;
    words.push(...(input['type'] === 'named' && name !== undefined ? [name] : []), ...(text === '' ? [] : [text]));
  }
  return words;
}

async function remoteEntry(remote: Fields, given: Given, env: NodeJS.ProcessEnv): Promise<JsonObject> {
  const headers: Record<string, Json> = {};
  for (const input of list(remote['headers'])) {
    const value = await inputValue(input, String(input['name']), given, env);
    if (value !== undefined) headers[String(input['name'])] = value;
  }
  const type = remote['type'] === 'sse' ? 'sse' : 'http';
  return { type, url: String(remote['url']), ...(Object.keys(headers).length > 0 ? { headers } : {}) };
}

/** The value of an input: fixed, given, asked for, a default, or a variable. Undefined where it is not required. */
async function inputValue(
  input: Fields,
  name: string,
  given: Given,
  env: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  const own = given.get(name);
  if (own !== undefined) return own;
  const fixed = input['value'];
  const holes = isFields(input['variables'])
    ? Object.entries(input['variables']).filter((entry): entry is [string, Fields] => isFields(entry[1]))
    : [];
  if (typeof fixed === 'string') {
    let text = fixed;
    for (const [hole, about] of holes) {
      const value = given.get(hole) ?? (await ofPerson(about, hole, env)) ?? '';
      text = text.split(`{${hole}}`).join(value);
    }
    return text;
  }
  return ofPerson(input, name, env);
}

async function ofPerson(input: Fields, name: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  const fallback = typeof input['default'] === 'string' ? input['default'] : undefined;
  if (input['isRequired'] !== true && fallback === undefined) return undefined;
  if (input['isRequired'] === true && hasTerminal()) {
    const { password, text } = await prompts();
    const message = `${String(input['description'] ?? name)} (${name})`;
    const output = process.stderr;
    const answer = answered(
      input['isSecret'] === true
        ? await password({ message, output })
        : await text({ message, output, ...(fallback === undefined ? {} : { initialValue: fallback }) }),
    );
    if (typeof answer === 'string' && answer !== '') return answer;
  }
  if (fallback !== undefined) return fallback;
  const variable = secretName(name);
  if (env[variable] === undefined && !hasTerminal()) {
    throw new GatewayError('USAGE', `It requires ${name}: give it with --env ${name}=..., or set ${variable}.`);
  }
  return `\${${variable}}`;
}
