/** Turns the permissions of clients into rules: one agent for each client that says something. Pure. */
import type { JsonObject } from './edit/data.ts';
import type { MergedServer } from './merge.ts';

export interface PlannedRule {
  /** Id of the client, which is the name of its agent. */
  readonly agent: string;
  readonly kind: 'allow' | 'deny';
  readonly server: string;
  /** Patterns; `*` for the whole server. */
  readonly tools: readonly string[];
  /** Why: `enabled_tools`, or that they are used without asking. */
  readonly because: string;
}

/** @param countsApproved whether tools that a client uses without asking are the only ones that are allowed. */
export function planRules(servers: readonly MergedServer[], countsApproved: boolean): PlannedRule[] {
  const rules: PlannedRule[] = [];
  for (const server of servers) {
    for (const { source, result } of server.sources) {
      const { client } = source.file;
      const add = (kind: PlannedRule['kind'], tools: readonly string[], because: string): void => {
        rules.push({ agent: client.id, kind, server: server.name, tools: [...new Set(tools)], because });
      };
      const { allow, deny, approved } = result.tools;
      if (result.isOff && !server.isOff) add('deny', ['*'], `off in ${client.title}`);
      if (allow !== undefined) {
        if (allow.length === 0) add('deny', ['*'], `no tool is enabled in ${client.title}`);
        else add('allow', allow.map(pattern), `the tools that ${client.title} enables`);
      } else if (countsApproved && approved.length > 0 && !approved.includes('*')) {
        add('allow', approved.map(pattern), `the tools that ${client.title} uses without asking`);
      }
      if (deny.length > 0) add('deny', deny.map(pattern), `off in ${client.title}`);
    }
  }
  return rules;
}

/** A pattern that fits one name: those that hold characters of patterns in brackets. `*` alone, and at the end, is meant. */
function pattern(name: string): string {
  if (/^[^*?[]*\*?$/.test(name)) return name;
  return name.replace(/[*?[]/g, '[$&]');
}

/** The entry of an agent with these rules. */
export function agentWith(rules: readonly PlannedRule[]): JsonObject {
  const allowed: Record<string, string[]> = {};
  const denied: Record<string, string[]> = {};
  const servers: string[] = [];
  for (const { kind, server, tools } of rules) {
    if (kind === 'allow') allowed[server] = [...new Set([...(allowed[server] ?? []), ...tools])];
    else if (tools.includes('*')) servers.push(server);
    else denied[server] = [...new Set([...(denied[server] ?? []), ...tools])];
  }
  const hasDenials = servers.length > 0 || Object.keys(denied).length > 0;
  return {
    allow: { servers: ['*'], ...(Object.keys(allowed).length > 0 ? { tools: allowed } : {}) },
    ...(hasDenials
      ? {
          deny: {
            ...(servers.length > 0 ? { servers: [...new Set(servers)] } : {}),
            ...(Object.keys(denied).length > 0 ? { tools: denied } : {}),
          },
        }
      : {}),
  };
}
