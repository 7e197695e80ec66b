/** The address of a server: the part of an entry that depends on several of its keys. */

import { parseUrl } from '../shared/parse-url.ts';
import type { ServerEntry } from './file-schemas.ts';
import type { ConfigPath } from './json-document.ts';
import { hasAuthorization, oauthOf } from './oauth-entry.ts';
import { isContainer, sandboxOf } from './sandbox-entry.ts';
import type { HttpDefinition, ImageDefinition, StdioDefinition } from './snapshot.ts';

type Report = (at: ConfigPath, message: string, fix: string) => void;

const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** The link of an entry whose types are right; undefined after at least one report. */
export function linkOf(entry: ServerEntry, error: Report, warn: Report): StdioDefinition | HttpDefinition | undefined {
  const { command, url, type, transport } = entry;
  if (command !== undefined && url !== undefined) {
    error([], 'the entry has both "command" and "url"', 'Keep "command" for a program, or "url" for an HTTP server');
    return undefined;
  }
  if (type !== undefined && transport !== undefined && kind(type) !== kind(transport)) {
    error(['transport'], 'contradicts "type"', 'Keep one of them');
    return undefined;
  }
  const wanted = type ?? transport;
  const field = type === undefined ? 'transport' : 'type';
  if (command !== undefined || (url === undefined && isContainer(entry.sandbox))) {
    if (wanted !== undefined && wanted !== 'stdio') {
      error([field], 'names an HTTP transport, but the entry has a "command"', 'Write "stdio", or "url" for "command"');
      return undefined;
    }
    for (const key of ['oauth', 'credentials', 'ca'] as const) {
      if (entry[key] === undefined) continue;
      error([key], 'is about HTTP servers, but the entry has a "command"', 'Remove it; a program signs in by itself');
    }
    return stdioLink(entry, error);
  }
  if (url === undefined) {
    if (entry.image !== undefined) error(['image'], ...NO_CONTAINER);
    else
      error(
        [],
        'the entry has neither "command" nor "url"',
        'Add "command" for a program, or "url" for an HTTP server',
      );
    return undefined;
  }
  if (wanted === 'stdio') {
    error([field], 'is "stdio", but the entry has a "url"', 'Write "http" or "sse"');
    return undefined;
  }
  for (const key of ['sandbox', 'image'] as const) {
    if (entry[key] === undefined) continue;
    error([key], 'is about programs, but the entry has a "url"', 'Remove it');
    return undefined;
  }
  const link = httpLink(url, wanted === 'sse' ? 'sse' : 'http', entry, error, warn);
  return link && wanted !== undefined ? { ...link, isCertain: true } : link;
}

function kind(transport: NonNullable<ServerEntry['type']>): string {
  return transport === 'streamable-http' ? 'http' : transport;
}

const NO_CONTAINER = ['is run only in a container', 'Add "sandbox": "docker", or remove it'] as const;
/** The program that runs images. */
const DOCKER = 'docker';

function stdioLink(entry: ServerEntry, error: Report): StdioDefinition | undefined {
  const { command = DOCKER, cwd, envFile, image: name } = entry;
  const args = entry.args ?? [];
  const env = entry.env ?? new Map<string, string>();
  let good = true;
  const refuse = (at: ConfigPath, message: string, fix: string): void => {
    good = false;
    error(at, message, fix);
  };
  if (command.trim() === '') refuse(['command'], 'is empty', 'Write the program to start');
  // The operating system ends texts at NUL; spawning would throw.
  const withoutNul = (text: string, at: ConfigPath): void => {
    if (text.includes('\0')) refuse(at, 'holds a NUL character', 'Remove it');
  };
  withoutNul(command, ['command']);
  if (entry.cwd !== undefined) withoutNul(entry.cwd, ['cwd']);
  for (const [index, arg] of args.entries()) withoutNul(arg, ['args', index]);
  for (const [name, value] of env) {
    withoutNul(value, ['env', name]);
    if (!/^[^=\0]+$/.test(name)) refuse(['env', name], 'is not a name of an environment variable', 'Correct the name');
  }
  const image = isContainer(entry.sandbox) ? imageOf(entry, refuse) : undefined;
  if (image === undefined && name !== undefined) refuse(['image'], ...NO_CONTAINER);
  if (!good) return undefined;
  const sandbox = entry.sandbox && sandboxOf(entry.sandbox, image);
  return {
    transport: 'stdio',
    command: image === undefined ? command : DOCKER,
    args,
    env,
    cwd: image === undefined ? cwd : undefined,
    ...(envFile === undefined ? {} : { envFile }),
    ...(sandbox === undefined ? {} : { sandbox }),
  };
}

/** The container of an entry that asks for one. */
function imageOf({ image, command, cwd, sandbox }: ServerEntry, refuse: Report): ImageDefinition | undefined {
  if (typeof sandbox === 'object' && Array.isArray(sandbox.network)) {
    const fix = 'Write true or false, or run the program with bubblewrap, which the list is for';
    refuse(['sandbox', 'network'], 'names hosts, to which containers cannot be held', fix);
  }
  if (cwd?.startsWith('/') === false) refuse(['cwd'], 'is not a whole path in the container', 'Begin it with "/"');
  if (image !== undefined) return { name: image, program: command, cwd };
  refuse(['image'], 'is missing', 'Add the image to run, such as "ghcr.io/owner/server:1.2"');
  return undefined;
}

/** The link to an address over HTTP, with what it carries; undefined after at least one report. */
export function httpLink(
  url: string,
  transport: HttpDefinition['transport'],
  entry: ServerEntry,
  error: Report,
  warn: Report,
): HttpDefinition | undefined {
  const headers = new Map(entry.headers);
  let good = true;
  const refuse = (at: ConfigPath, message: string, fix: string): void => {
    good = false;
    error(at, message, fix);
  };
  const parsed = parseUrl(url);
  // An API whose entry does not say where it is has the address of its document here.
  const isFile = transport === 'openapi' && entry.url === undefined;
  if (!isFile && parsed?.protocol !== 'http:' && parsed?.protocol !== 'https:') {
    refuse(['url'], 'is not an http or https address', 'Write e.g. "https://example.com/mcp"');
  }
  const credentials = parsed && basicOf(parsed);
  if (credentials !== undefined) {
    if (hasAuthorization(headers))
      warn(['url'], 'has credentials, but those in "headers" are used', 'Keep one of them');
    else headers.set('Authorization', credentials);
  }
  const seen = new Set<string>();
  for (const [name, value] of headers) {
    const at = ['headers', name];
    if (!HEADER_NAME.test(name)) refuse(at, 'is not a name of a header', 'Correct the name');
    // The value itself is probably a secret, so only its kind of fault is told.
    if (!HEADER_VALUE.test(value)) {
      refuse(at, 'holds a line break or another character that headers cannot carry', 'Correct the value');
    }
    if (seen.has(name.toLowerCase())) refuse(at, 'is there twice, headers ignore case', 'Keep one of them');
    seen.add(name.toLowerCase());
  }
  const oauth = oauthOf({ ...entry, headers }, refuse, warn);
  return good
    ? {
        transport,
        url: credentials === undefined ? url : withoutUser(url),
        headers,
        credentials: entry.credentials,
        oauth,
        ...(entry.envFile === undefined ? {} : { envFile: entry.envFile }),
      }
    : undefined;
}

/** The header for user and password in an address (RFC 7617); undefined where it has none. */
export function basicOf({ username, password }: URL): string | undefined {
  if (username === '' && password === '') return undefined;
  return `Basic ${Buffer.from(`${decoded(username)}:${decoded(password)}`).toString('base64')}`;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function withoutUser(address: string): string {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  return url.href;
}
