/** The scopes of agents, remembered until the policy, its servers or their lists are others. */
import type { ToolEntry } from '../tool-entry.ts';
import type { IndexedServer, IndexedServers, ListedServer } from './indexed-servers.ts';
import type { IndexedDocument } from './search-index.ts';
import { createScope, type Scope } from './search-scope.ts';

/** Scopes that are kept per policy: one per agent that searches. */
const MAX_SCOPES = 64;

/** The owner of a scope, and what decides on it. */
export interface ScopeRequest {
  /** The servers that the agent may use. */
  readonly servers: readonly ListedServer[];
  /** The decider, e.g. the policy in force: what it decided is remembered as long as it lives. */
  readonly policy: object;
  /** For whom it decides. */
  readonly who: string;
  permitted(server: string, tool: string, entry: ToolEntry | undefined): boolean;
}

/** The tools of one server that an agent may use. */
interface PermittedTools {
  readonly server: IndexedServer;
  readonly documents: readonly IndexedDocument[];
}

/** The scope of one agent: by server, and as the statistics over exactly that. */
export interface AgentScope {
  readonly servers: ReadonlyMap<string, PermittedTools>;
  readonly scope: Scope;
}

export class ScopeCache {
  readonly #indexed: IndexedServers;
  readonly #byPolicy = new WeakMap<object, Map<string, AgentScope>>();

  constructor(indexed: IndexedServers) {
    this.#indexed = indexed;
  }

  /** The scope of an agent. The same object as long as nothing in it changed. */
  of(request: ScopeRequest): AgentScope {
    const { policy, who } = request;
    const byAgent = this.#byPolicy.get(policy) ?? new Map<string, AgentScope>();
    this.#byPolicy.set(policy, byAgent);
    const before = byAgent.get(who);
    if (before !== undefined && this.#isCurrent(before, request)) return before;
    const servers = this.#permittedTools(request, before);
    const documents = new Map(Array.from(servers, ([name, tools]) => [name, tools.documents]));
    const agentScope: AgentScope = { servers, scope: createScope(this.#indexed.index, documents) };
    byAgent.delete(who);
    byAgent.set(who, agentScope);
    for (const oldest of byAgent.keys()) {
      if (byAgent.size <= MAX_SCOPES) break;
      byAgent.delete(oldest);
    }
    return agentScope;
  }

  /** True if the servers of a scope are those of the request, with the same lists. */
  #isCurrent({ servers }: AgentScope, request: ScopeRequest): boolean {
    if (servers.size !== request.servers.length) return false;
    for (const listed of request.servers) {
      const tools = servers.get(listed.name);
      if (tools === undefined || tools.server !== this.#indexed.current(listed)) return false;
    }
    return true;
  }

  /** Decides on the tools of the servers whose list changed. */
  #permittedTools(request: ScopeRequest, before: AgentScope | undefined): Map<string, PermittedTools> {
    const servers = new Map<string, PermittedTools>();
    for (const listed of request.servers) {
      const server = this.#indexed.addNow(listed);
      const old = before?.servers.get(listed.name);
      if (old?.server === server) servers.set(listed.name, old);
      else {
        const documents = server.documents.filter(({ name }) =>
          request.permitted(listed.name, name, server.entry(name)),
        );
        servers.set(listed.name, { server, documents });
      }
    }
    return servers;
  }
}
