/** An agent of its own in the rules for each client, and over HTTP a token of its own. Nothing is written here. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createToken, tokenHash } from '../identity/generated-token.ts';
import { GatewayError } from '../shared/errors.ts';
import type { EntryToken } from './client-entry.ts';
import type { Machine } from './client-files.ts';
import type { Client } from './clients.ts';
import { dataAt, isMap, type Json, toJson } from './edit/data.ts';
import type { EntryChange } from './edit/editor.ts';
import { agentsOf } from './import-plan.ts';
import { checkRulesBytes, type OwnFiles, ownChange } from './own-files.ts';
import { shortPath } from './render.ts';
import type { FileChange } from './transaction.ts';

interface ClientToken {
  /** The form of its token in the entry of the client. */
  readonly token: EntryToken;
  readonly value: string;
  /** True where the rules know it already. */
  readonly isKnown: boolean;
}

interface TokenPlace {
  readonly place: Machine;
  readonly configDir: string;
}

/** The file with the variable that holds the token of a client. */
function tokenFile(configDir: string, id: string): string {
  return join(configDir, 'tokens', `${id}.env`);
}

/**
 * A token for each client: the one that it has, or a new one. A client of the desktop has another environment than a shell, so that its
 * own file holds the token.
 * @throws GatewayError USAGE where the rules have another principal of that name
 */
export function tokensFor(clients: readonly Client[], own: OwnFiles, where: TokenPlace): Map<string, ClientToken> {
  return new Map(clients.map((client) => [client.id, tokenFor(client, own, where)]));
}

function tokenFor(client: Client, own: OwnFiles, { place, configDir }: TokenPlace): ClientToken {
  const { id, isDesktop } = client;
  const variable = `AGENT_MCP_GATEWAY_TOKEN_${id.replaceAll('-', '_').toUpperCase()}`;
  const reference: EntryToken = { kind: 'variable', name: variable };
  const isRead = !isDesktop && client.entry({ kind: 'http', url: 'http://127.0.0.1', token: reference }) !== undefined;
  const tokenOf = (value: string): EntryToken => (isRead ? reference : { kind: 'literal', value });
  const principal = dataAt(own.rules.data, ['principals', id]);
  if (principal === undefined) {
    const value = createToken();
    return { token: tokenOf(value), value, isKnown: false };
  }
  const known = isMap(principal) ? principal.get('token_sha256') : undefined;
  const files = isRead ? [tokenFile(configDir, id)] : client.files(place).map(({ path }) => path);
  const value = files.flatMap(tokensIn).find((one) => tokenHash(one) === known);
  if (value !== undefined) return { token: tokenOf(value), value, isKnown: true };
  const message = `The rules have a principal "${id}" with another token: take it away with "agent-mcp-gateway token revoke ${id}" first.`;
  throw new GatewayError('USAGE', message);
}

function tokensIn(path: string): string[] {
  return [...(readIfThere(path) ?? '').toString().matchAll(/\bamg_[0-9A-Za-z]{20,}/g)].map(([token]) => token);
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

export interface AgentPlan {
  readonly changes: readonly FileChange[];
  /** The part of it that is shown. */
  readonly lines: readonly string[];
}

/**
 * The additions to the rules, and the files with variables. A new agent may do what the agent "default" may; nothing where there is none.
 * @param tokens of clients that connect over HTTP; none over stdio.
 * @throws GatewayError CONFIG_INVALID where a gateway would not start with these rules
 */
export async function planAgents(
  ids: readonly string[],
  own: OwnFiles,
  { tokens, configDir }: { readonly tokens: ReadonlyMap<string, ClientToken>; readonly configDir: string },
): Promise<AgentPlan> {
  const known = agentsOf(own);
  const fresh = dataAt(own.rules.data, ['agents', 'default']);
  const hasRules = own.rules.bytes !== undefined;
  const terms: Json = fresh === undefined ? (hasRules ? {} : { allow: { servers: ['*'] } }) : toJson(fresh);
  const agents = [...(hasRules ? [] : ['default']), ...ids].filter((id) => !known.has(id));
  const entries: EntryChange[] = agents.map((name) => ({ container: { path: ['agents'] }, name, value: terms }));
  const principals = { path: ['principals'] };
  const added = ids.filter((id) => tokens.get(id)?.isKnown === false);
  // Once there are principals, they are all there is.
  if (added.length > 0 && !isMap(own.rules.data.get('principals'))) {
    entries.push({ container: principals, name: 'local', value: { stdio: true, may_assume: ['*'] } });
  }
  for (const id of added) {
    const value = { token_sha256: tokenHash(tokens.get(id)?.value ?? ''), default: id, may_assume: [id] };
    entries.push({ container: principals, name: id, value });
  }
  const files = ids.flatMap((id) => variableFile(id, tokens.get(id), configDir));
  const sourced = files.map(({ path }) => `  Where it starts: set -a; . ${shortPath(path)}; set +a`);
  if (entries.length === 0) return { changes: files, lines: sourced };
  const rules = ownChange(own.rules, entries);
  if (rules.after !== undefined) await checkRulesBytes(rules.path, rules.after);
  const may = fresh === undefined && hasRules ? 'may do nothing yet' : 'may do what "default" may';
  const lines = [
    `Rules, in ${shortPath(rules.path)}:`,
    ...agents.map((name) => `  + ${name}: ${name === 'default' ? 'may use every server' : may}`),
    ...added.map((id) => `  + ${id}: a token of its own`),
    ...sourced,
  ];
  return { changes: [rules, ...files], lines };
}

function variableFile(owner: string, token: ClientToken | undefined, configDir: string): FileChange[] {
  if (token?.token.kind !== 'variable') return [];
  const path = tokenFile(configDir, owner);
  const before = readIfThere(path);
  const after = Buffer.from(`${token.token.name}=${token.value}\n`);
  return before?.equals(after) === true ? [] : [{ path, before, after, owner, mode: 0o600 }];
}
