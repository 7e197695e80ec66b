/** The servers of the configuration, used by one command without a client: no transport, and no agent's rules. */

import { estimateTokens } from '../catalog/estimate-tokens.ts';
import { didYouMean } from '../catalog/name-suggestions.ts';
import type { ListedDefinitions } from '../catalog/scan/scan-listed.ts';
import type { Settings } from '../config/settings.ts';
import type { Snapshot } from '../config/snapshot.ts';
import { createGateway } from '../gateway/gateway.ts';
import { GatewayError } from '../shared/errors.ts';
import type { ServerFacts } from '../upstream/contract.ts';
import { reportServers, type ServerReport } from '../upstream/pool/server-report.ts';
import { type OwnPlaces, ownPlacesOf } from '../upstream/sandbox/own-places.ts';
import { closeOnInterruption } from './interruption.ts';

export interface Tested {
  /** `initialized`: all is well; `connected`: the tools could not be listed. */
  readonly status: 'initialized' | 'connected' | 'error';
  /** Milliseconds. */
  readonly ms: number;
  readonly facts: ServerFacts | undefined;
  /** Definitions: their count, bytes, and about as many tokens. */
  readonly tools: { readonly count: number; readonly bytes: number; readonly tokens: number } | undefined;
  /** Of the tools, in the order of the server. */
  readonly names: readonly string[] | undefined;
  readonly error: GatewayError | undefined;
}

export interface Workbench {
  readonly snapshot: Snapshot;
  /** What no server in a sandbox may see. */
  readonly ownPlaces: OwnPlaces;
  reports(): ServerReport[];
  /** Connects and lists tools. @throws GatewayError USAGE where there is no such server */
  test(name: string, timeoutMs: number): Promise<Tested>;
  /** The texts of a tested server: its tools, prompts, templates and instructions. @throws GatewayError */
  definitions(name: string, timeoutMs: number): Promise<ListedDefinitions>;
  close(): Promise<void>;
}

/** @throws GatewayError CONFIG_NOT_FOUND, CONFIG_INVALID */
export async function openWorkbench(settings: Settings): Promise<Workbench> {
  const gateway = await createGateway({ ...settings, initStrategy: 'lazy' }, { watch: false, quiet: true });
  const takeBack = closeOnInterruption(() => gateway.stop(0));
  const { upstreams, catalog } = gateway.parts;
  const snapshot = gateway.snapshot();

  const test = async (name: string, timeoutMs: number): Promise<Tested> => {
    const began = performance.now();
    const left = (): number => Math.max(1, began + timeoutMs - performance.now());
    const done = (rest: Omit<Tested, 'ms'>): Tested => ({ ms: performance.now() - began, ...rest });
    const off = snapshot.broken.get(name);
    if (off !== undefined) {
      const error = new GatewayError('CONFIG_INVALID', `Server "${name}" is off: ${off.reason}.`);
      return done({ status: 'error', facts: undefined, tools: undefined, names: undefined, error });
    }
    const server = snapshot.servers.get(name);
    if (server === undefined) {
      const known = [...snapshot.servers.keys(), ...snapshot.broken.keys()];
      const meant = didYouMean(name, known) || ` There are: ${known.join(', ')}.`;
      throw new GatewayError('USAGE', `There is no server "${name}" in ${snapshot.paths.servers}.${meant}`);
    }
    let facts: ServerFacts | undefined;
    try {
      ({ facts } = await upstreams.lease(server, { timeoutMs: left() }));
      const entries = await catalog.tools(server, { timeoutMs: left() });
      const definitions = entries.map(({ raw }) => raw);
      const bytes = definitions.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
      const tokens = definitions.reduce((sum, text) => sum + estimateTokens(text), 0);
      const names = entries.map(({ name }) => name);
      const tools = { count: entries.length, bytes, tokens };
      return done({ status: 'initialized', facts, tools, names, error: undefined });
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error;
      const status = facts === undefined ? 'error' : 'connected';
      return done({ status, facts, tools: undefined, names: undefined, error });
    }
  };

  const definitions = async (name: string, timeoutMs: number): Promise<ListedDefinitions> => {
    const server = snapshot.servers.get(name);
    if (server === undefined) return { tools: [] };
    const { entries, instructions } = await catalog.toolList(server, { timeoutMs });
    const [prompts, templates, skills] = await Promise.all(
      (['prompts', 'templates', 'skills'] as const).map((list) =>
        catalog.offers(server, list, { timeoutMs }).then((offers) => offers.entries),
      ),
    );
    return {
      tools: entries,
      instructions,
      ...(prompts && { prompts }),
      ...(templates && { templates }),
      ...(skills && { skills }),
    };
  };

  return {
    snapshot,
    ownPlaces: ownPlacesOf(settings, snapshot.paths),
    definitions,
    reports: () => reportServers(snapshot, upstreams.status(), settings.transport === 'stdio'),
    test,
    close: () => gateway.stop(0).finally(takeBack),
  };
}
