/** The figures of the demo. */
import { estimateTokens } from '../../catalog/estimate-tokens.ts';
import type { DemoAgent } from './agent.ts';
import type { ProgramFigures } from './compare-program.ts';
import { DEMO_SERVERS } from './servers/all.ts';

export interface Figures {
  readonly servers: number;
  readonly tools: number;
  readonly agents: Readonly<Record<string, AgentFigures>>;
  /** Codes of the refusals, in the order of the story. */
  readonly denied: readonly string[];
  readonly reload: { readonly allowed_afterwards: boolean; readonly ms: number };
  /** The same question answered by calls one by one, and by one program. */
  readonly program: ProgramFigures;
  readonly audit: { readonly records: number; readonly writers: number; readonly intact: boolean };
  /** The time that it all took, start and stop of the gateways included. */
  readonly seconds: number;
}

export interface AgentFigures {
  readonly transport: 'http' | 'stdio';
  /** Servers that the agent saw before the rules changed. */
  readonly servers: readonly string[];
  /** Estimated tokens of all definitions of all servers: what a client without a gateway loads. */
  readonly all_definitions_tokens: number;
  /** Estimated tokens of what this agent loaded in their place. */
  readonly loaded_tokens: number;
  readonly saved_percent: number;
}

/** Estimated tokens of all definitions. Titles and annotations are left out: clients show them to people, not to models. */
export function allDefinitionsTokens(): number {
  const texts = DEMO_SERVERS.flatMap(({ tools }) =>
    tools.map(({ definition: { name, description, inputSchema } }) =>
      JSON.stringify({ name, description, inputSchema }),
    ),
  );
  return texts.reduce((sum, text) => sum + estimateTokens(text), 0);
}

export function toolCount(): number {
  return DEMO_SERVERS.reduce((sum, { tools }) => sum + tools.length, 0);
}

export function agentFigures(
  agent: DemoAgent,
  transport: AgentFigures['transport'],
  servers: readonly string[],
): AgentFigures {
  const all = allDefinitionsTokens();
  const loaded = agent.loaded();
  const saved = Math.round((1 - loaded / all) * 1000) / 10;
  return { transport, servers, all_definitions_tokens: all, loaded_tokens: loaded, saved_percent: saved };
}
