/** The three views of the servers over HTTP, and how a tool is called in each. */
import { type Json, sha256, TOKEN, withPrincipals } from './home.ts';

export interface View {
  readonly name: 'discovery' | 'direct' | 'single';
  /** Path of the endpoint. */
  readonly path: (server: string) => string;
  readonly token: string;
  /** Params of the `tools/call` for a tool of a server. */
  readonly call: (server: string, tool: string, args?: object) => Json;
}

const DIRECT_TOKEN = `${TOKEN}-direct`;

export const DISCOVERY: View = {
  name: 'discovery',
  path: () => '/mcp',
  token: TOKEN,
  call: (server, tool, args = {}) => ({ name: 'execute_tool', arguments: { server, tool, args } }),
};
export const DIRECT: View = {
  name: 'direct',
  path: () => '/mcp',
  token: DIRECT_TOKEN,
  call: (server, tool, args = {}) => ({ name: `${server}__${tool}`, arguments: args }),
};
export const SINGLE: View = {
  name: 'single',
  path: (server) => `/mcp/servers/${server}`,
  token: TOKEN,
  call: (_server, tool, args = {}) => ({ name: tool, arguments: args }),
};
export const VIEWS: readonly View[] = [DISCOVERY, DIRECT, SINGLE];

/** Rules in which the token of each view has it; agents `default` and `direct` may use everything, but for `deny`. */
export function viewRules(deny: Json = {}, agents: Json = {}, principals: Json = {}): Json {
  const all = { allow: { servers: ['*'] } };
  return withPrincipals(
    { default: { ...all, deny }, direct: { ...all, deny, expose: 'direct' }, ...agents },
    {
      principals: {
        tester: { token_sha256: sha256(TOKEN), may_assume: ['*'] },
        direct: { token_sha256: sha256(DIRECT_TOKEN), may_assume: ['direct'], default: 'direct' },
        local: { stdio: true, may_assume: ['*'] },
        ...principals,
      },
    },
  );
}
