/** Permissions that clients keep beside their servers. Pure. */
import { type DataMap, dataAt, isList, isMap } from './edit/data.ts';
import type { ToolFilter } from './translate.ts';

export interface Permissions {
  /** Server -> what the client says about its tools. */
  readonly filters: ReadonlyMap<string, ToolFilter>;
  /** The settings that are not carried over; one clause each. */
  readonly lost: readonly string[];
}

interface Building {
  allow: string[] | undefined;
  deny: string[];
  approved: string[];
}

/**
 * The permissions of Claude Code (`mcp__server__tool`).
 * @param settings its settings files, read.
 * @param servers names of its servers.
 */
export function claudePermissions(settings: readonly DataMap[], servers: readonly string[]): Permissions {
  const filters = new Map<string, Building>();
  const lost: string[] = [];
  for (const file of settings) {
    for (const kind of ['allow', 'deny', 'ask'] as const) {
      const list = dataAt(file, ['permissions', kind]);
      for (const rule of isList(list) ? list : []) {
        const [, rest] = typeof rule === 'string' ? (/^mcp__(.+)$/.exec(rule) ?? []) : [];
        if (rest === undefined) continue;
        const server = servers.find((name) => rest === asClaude(name) || rest.startsWith(`${asClaude(name)}__`));
        if (server === undefined) continue;
        const tool = rest.slice(asClaude(server).length + 2) || '*';
        const filter = buildingOf(filters, server);
        if (kind === 'deny') filter.deny.push(tool);
        else if (kind === 'allow') filter.approved.push(tool);
        else lost.push(`"permissions.ask": Claude Code asks before ${tool === '*' ? `tools of ${server}` : tool}`);
      }
    }
  }
  return { filters, lost };
}

/** Claude Code writes everything but letters, digits, `_` and `-` as `_`. */
function asClaude(name: string): string {
  return name.replace(/[^A-Za-z0-9_-]/g, '_');
}

/** The permissions of opencode in `tools` and `permission` about `SERVER_TOOL`. */
export function opencodePermissions(file: DataMap, servers: readonly string[]): Permissions {
  const filters = new Map<string, Building>();
  const lost: string[] = [];
  const take = (pattern: string, verdict: unknown): void => {
    for (const server of servers) {
      const name = server.replace(/[^A-Za-z0-9_-]/g, '_');
      const tool =
        pattern === `${name}*` || pattern === '*'
          ? '*'
          : pattern.startsWith(`${name}_`)
            ? pattern.slice(name.length + 1)
            : '';
      if (tool === '') continue;
      if (pattern === '*' && verdict !== false) continue;
      const filter = buildingOf(filters, server);
      if (verdict === false || verdict === 'deny') filter.deny.push(tool);
      else if (verdict === 'ask') lost.push(`"permission": opencode asks before ${pattern}`);
      else if (verdict === 'allow') filter.approved.push(tool);
    }
  };
  for (const key of ['tools', 'permission']) {
    const map = file.get(key);
    for (const [pattern, verdict] of isMap(map) ? map : []) take(pattern, verdict);
  }
  return { filters, lost };
}

/** Servers that Gemini CLI and Qwen Code leave out, by their settings. */
export function excludedServers(file: DataMap, servers: readonly string[]): ReadonlySet<string> {
  const namesAt = (path: readonly string[]): string[] | undefined => {
    const list = dataAt(file, path);
    return isList(list) ? list.map(String) : undefined;
  };
  const allowed = namesAt(['mcp', 'allowed']) ?? namesAt(['allowMCPServers']);
  const excluded = namesAt(['mcp', 'excluded']) ?? namesAt(['excludeMCPServers']) ?? [];
  return new Set(
    servers.filter((name) => excluded.includes(name) || (allowed !== undefined && !allowed.includes(name))),
  );
}

function buildingOf(filters: Map<string, Building>, server: string): Building {
  const found = filters.get(server) ?? { allow: undefined, deny: [], approved: [] };
  filters.set(server, found);
  return found;
}
