/** A server that has no program and no address: tools of others, under one name (docs/virtual-servers.md). */
import { compilePattern, isLiteralPattern, type NameMatcher } from '../../policy/pattern.ts';
import type { OriginalTool, VirtualNames } from '../../policy/virtual-names.ts';

/** Tools of one server, as an entry names them. */
export interface VirtualTools {
  readonly server: string;
  /** A name, or a pattern over names. */
  readonly tool: string;
}

interface Patterned {
  readonly server: string;
  readonly prefix: string;
  readonly matches: NameMatcher;
}

/** The one place that maps names of a virtual server to tools of others. What a name leads to depends on the file alone, not on what servers list. */
export class VirtualServer implements VirtualNames {
  readonly name: string;
  readonly description: string | undefined;
  readonly tools: readonly VirtualTools[];
  /** In the order of the entry. */
  readonly servers: readonly string[];
  readonly #isPrefixed: boolean;
  readonly #single = new Map<string, OriginalTool>();
  readonly #patterns: readonly Patterned[];

  /** @param isPrefixed true if names of tools begin with their server */
  constructor(name: string, description: string | undefined, tools: readonly VirtualTools[], isPrefixed: boolean) {
    this.name = name;
    this.description = description;
    this.tools = tools;
    this.servers = [...new Set(tools.map(({ server }) => server))];
    this.#isPrefixed = isPrefixed;
    const patterns: Patterned[] = [];
    for (const { server, tool } of tools) {
      if (isLiteralPattern(tool)) this.#single.set(this.nameFor(server, tool), { server, name: tool });
      else patterns.push({ server, prefix: this.nameFor(server, ''), matches: compilePattern(tool) });
    }
    // Of two servers whose names begin alike, the longer one is meant.
    this.#patterns = patterns.sort((one, other) => other.prefix.length - one.prefix.length);
  }

  /** The name that a tool has here, if it is here. */
  nameFor(server: string, tool: string): string {
    return this.#isPrefixed ? `${server}_${tool}` : tool;
  }

  originalOf(name: string): OriginalTool | undefined {
    const single = this.#single.get(name);
    if (single !== undefined) return single;
    for (const { server, prefix, matches } of this.#patterns) {
      if (!name.startsWith(prefix) || name.length === prefix.length) continue;
      const tool = name.slice(prefix.length);
      if (matches(tool)) return { server, name: tool };
    }
    return undefined;
  }

  /** The name that a tool has here; undefined where it is not here. */
  shownAs(server: string, tool: string): string | undefined {
    const name = this.nameFor(server, tool);
    const original = this.originalOf(name);
    return original?.server === server && original.name === tool ? name : undefined;
  }
}

/** The tool that a call of a server is about: of a virtual one, that of another. */
export function originalTarget<T extends { readonly server: string; readonly name: string | undefined }>(
  virtual: ReadonlyMap<string, VirtualServer> | undefined,
  target: T,
): T | OriginalTool {
  if (virtual === undefined || target.name === undefined) return target;
  return virtual.get(target.server)?.originalOf(target.name) ?? target;
}
