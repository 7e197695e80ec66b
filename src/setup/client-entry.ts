/** The entry of the gateway in the files of clients: what it says, and the form that most of them share. */
import type { JsonObject } from './edit/data.ts';

/** The content of the entry of the gateway. */
export type OwnEntry =
  | { readonly kind: 'stdio'; readonly command: string; readonly args: readonly string[]; readonly env: JsonObject }
  | {
      readonly kind: 'http';
      readonly url: string;
      /** Undefined where the gateway needs none. */
      readonly token: EntryToken | undefined;
    };

/** The form of the bearer token in an entry: by a variable of the environment, or as it is. */
export type EntryToken =
  | { readonly kind: 'variable'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: string };

/** The reference to the variable of the token in a header; undefined where headers have no variables. */
type TokenReference = ((name: string) => string) | undefined;

export const braces: TokenReference = (name) => `\${${name}}`;
export const env: TokenReference = (name) => `\${env:${name}}`;
const curly: TokenReference = (name) => `{env:${name}}`;

function headersOf(token: EntryToken | undefined, reference: TokenReference): JsonObject | undefined {
  if (token === undefined) return {};
  const text = token.kind === 'literal' ? token.value : reference?.(token.name);
  return text === undefined ? undefined : { headers: { Authorization: `Bearer ${text}` } };
}

interface Shape {
  readonly stdio?: JsonObject;
  readonly http?: JsonObject;
  readonly urlKey?: string;
  readonly token: TokenReference;
}

/** An entry in the form that most clients share, with what one of them adds. */
export function common({
  stdio = {},
  http = {},
  urlKey = 'url',
  token,
}: Shape): (own: OwnEntry) => JsonObject | undefined {
  return (own) => {
    if (own.kind === 'stdio') return { ...stdio, ...stdioFields(own) };
    const headers = headersOf(own.token, token);
    return headers && { ...http, [urlKey]: own.url, ...headers };
  };
}

export function stdioFields({ command, args, env: variables }: Extract<OwnEntry, { kind: 'stdio' }>): JsonObject {
  return { command, args: [...args], ...(Object.keys(variables).length === 0 ? {} : { env: variables }) };
}

/** opencode, and what is made of it. */
export function opencodeEntry(own: OwnEntry): JsonObject | undefined {
  if (own.kind === 'http') {
    const headers = headersOf(own.token, curly);
    return headers && { type: 'remote', url: own.url, ...headers };
  }
  const environment = Object.keys(own.env).length === 0 ? {} : { environment: own.env };
  return { type: 'local', command: [own.command, ...own.args], ...environment };
}

export function codexEntry(own: OwnEntry): JsonObject {
  if (own.kind === 'stdio') return stdioFields(own);
  if (own.token?.kind === 'variable') return { url: own.url, bearer_token_env_var: own.token.name };
  const { headers } = headersOf(own.token, undefined) ?? {};
  return { url: own.url, ...(headers === undefined ? {} : { http_headers: headers }) };
}

export function gooseEntry(own: OwnEntry): JsonObject | undefined {
  const base = { enabled: true, name: 'gateway', description: 'All servers of agent-mcp-gateway', timeout: 300 };
  if (own.kind === 'stdio') return { ...base, type: 'stdio', cmd: own.command, args: [...own.args], envs: own.env };
  const headers = headersOf(own.token, undefined);
  return headers && { ...base, type: 'streamable_http', uri: own.url, ...headers };
}
