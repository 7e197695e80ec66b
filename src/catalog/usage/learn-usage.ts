/**
 * Learning from use: which tool an agent used after which question raises that tool for similar questions of the same agent.
 * Only where the owner switched it on; on this machine, in a file that can be read and emptied (`search learned`, `search forget`).
 */

import { detached } from '../../shared/detached.ts';
import type { Log } from '../../upstream/contract.ts';
import { stem } from '../search/stem.ts';
import type { UsesFile } from './usage-file.ts';
import { type ToolUse, tellingWords, withUse } from './usage-history.ts';

/** Milliseconds after a search in which a call counts as its consequence. */
const CONSEQUENCE_MS = 600_000;
/** Callers whose last search is remembered. */
const MAX_CALLERS = 1000;
/** Questions that have less of their words in common are not similar. */
const MIN_LIKENESS = 0.5;

export interface ToolName {
  readonly server: string;
  readonly tool: string;
}

/** A tool that the agent used after similar questions. */
export interface Suggestion extends ToolName {
  /** The weight of what speaks for it, 0 to 1. */
  readonly strength: number;
}

export interface UsageLearner {
  /** The tools that are known to fit a question of an agent. Decides nothing: the caller leaves out what the agent may not use. */
  suggestions(agent: string, query: string): Promise<readonly Suggestion[]>;
  /** A caller asked and was told of these tools. @param ownerAndAgent tells callers apart */
  searched(ownerAndAgent: string, agent: string, query: string, found: readonly ToolName[]): void;
  /** A call of a caller went well. It is remembered in the background. */
  executed(ownerAndAgent: string, used: ToolName): void;
  /** Resolves when what is to be remembered is written. */
  close(): Promise<void>;
}

interface Search {
  readonly agent: string;
  readonly words: readonly string[];
  readonly found: ReadonlySet<string>;
  readonly until: number;
  /** Nothing was used after it yet. */
  fresh: boolean;
}

/** @param now milliseconds since 1970 */
export function createUsageLearner(file: UsesFile, log: Log, now: () => number = Date.now): UsageLearner {
  /** The last search of each caller, oldest first. */
  const searches = new Map<string, Search>();
  let writing: Promise<void> = Promise.resolve();

  return {
    async suggestions(agent, query) {
      const asked = new Set(tellingWords(query).map(stem));
      if (asked.size === 0) return [];
      const support = new Map<string, ToolName & { sum: number }>();
      for (const use of await file.read()) {
        if (use.agent !== agent) continue;
        const likeness = likenessOf(asked, use);
        if (likeness < MIN_LIKENESS) continue;
        const { server, tool } = use;
        const name = nameOf(use);
        const found = support.get(name) ?? { server, tool, sum: 0 };
        found.sum += likeness ** 2 * use.count;
        support.set(name, found);
      }
      return Array.from(support.values(), ({ sum, ...name }) => ({ ...name, strength: sum / (sum + 1) }));
    },
    searched(ownerAndAgent, agent, query, found) {
      searches.delete(ownerAndAgent);
      searches.set(ownerAndAgent, {
        agent: detached(agent),
        words: tellingWords(detached(query)),
        found: new Set(found.map(nameOf)),
        until: now() + CONSEQUENCE_MS,
        fresh: true,
      });
      for (const oldest of searches.keys()) {
        if (searches.size <= MAX_CALLERS) break;
        searches.delete(oldest);
      }
    },
    executed(ownerAndAgent, { server, tool }) {
      const search = searches.get(ownerAndAgent);
      if (search === undefined || search.until < now()) return;
      // The first call may be of a tool that the search missed; later ones are of what it found, or of something else.
      const follows = search.fresh || search.found.has(nameOf({ server, tool }));
      search.fresh = false;
      if (!follows || search.words.length === 0) return;
      const use = { agent: search.agent, words: search.words, server, tool };
      const day = new Date(now()).toISOString().slice(0, 10);
      writing = writing
        .then(() => file.update((uses) => withUse(uses, use, day)))
        .catch((error: unknown) => log.warn({ err: error }, 'what an agent used could not be remembered'));
    },
    close: () => writing,
  };
}

function nameOf({ server, tool }: ToolName): string {
  return JSON.stringify([server, tool]);
}

/** The part of all words of two questions that both have, 0 to 1. */
function likenessOf(asked: ReadonlySet<string>, { words }: ToolUse): number {
  const stems = new Set(words.map(stem));
  let common = 0;
  for (const word of stems) if (asked.has(word)) common++;
  return common / (asked.size + stems.size - common);
}
