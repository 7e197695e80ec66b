/** The tools of the gateway that an agent calls others with: `execute_tool`, or one for each access. */
import { accessOfTool } from '../../catalog/tool-access.ts';
import type { ToolEntry } from '../../catalog/tool-entry.ts';
import type { Snapshot } from '../../config/snapshot.ts';
import {
  EXECUTE_ANY,
  type Executor,
  executorFor,
  RUN_CODE,
  SPLIT_EXECUTORS,
  type SplitExecutor,
} from '../../policy/executors.ts';
import type { GatewayTool, ToolContext } from '../operation.ts';

/** `either` where a connection may be agents of both kinds. */
export type ExecutorChoice = 'one' | 'split' | 'either';

/** True if an agent has a tool for each access in place of `execute_tool`. */
export function isSplitFor({ agentTerms }: Pick<Snapshot, 'agentTerms'>, agent: string): boolean {
  return agentTerms.get(agent)?.execute === 'split';
}

/** The choice for all those agents that a connection may be. */
export function choiceOf({ agentTerms }: Pick<Snapshot, 'agentTerms'>, agents: Iterable<string>): ExecutorChoice {
  const choices = new Set(Array.from(agents, (agent) => agentTerms.get(agent)?.execute ?? 'one'));
  return choices.size > 1 ? 'either' : choices.has('split') ? 'split' : 'one';
}

/** The gateway's own tools that a connection is shown: those to call others with, and `run_code` where one of its agents may use it. */
export type ToolChoice = ExecutorChoice | `${ExecutorChoice}+code`;

/** The same as `choiceOf`, with whether one of them may run programs. */
export function toolChoiceOf(snapshot: Pick<Snapshot, 'agentTerms' | 'code'>, agents: readonly string[]): ToolChoice {
  const executors = choiceOf(snapshot, agents);
  return agents.some((agent) => mayRunCode(snapshot, agent)) ? `${executors}+code` : executors;
}

/** True if an agent may run programs of its own. */
export function mayRunCode(
  { agentTerms, code = false }: Pick<Snapshot, 'agentTerms' | 'code'>,
  agent: string,
): boolean {
  const said = agentTerms.get(agent)?.code;
  return said === undefined ? code : said !== false;
}

export function executorsIn(choice: ToolChoice): ExecutorChoice {
  return choice.replace('+code', '') as ExecutorChoice;
}

/** The gateway's own tools where the choice is one of these. */
export function toolsShown(tools: Iterable<GatewayTool>, shown: ToolChoice): GatewayTool[] {
  const choice = executorsIn(shown);
  const others: readonly Executor[] = choice === 'one' ? SPLIT_EXECUTORS : choice === 'split' ? [EXECUTE_ANY] : [];
  const hidden = choice === shown ? [...others, RUN_CODE] : others;
  return [...tools].filter(({ name }) => !hidden.some((one) => one === name));
}

/** Their definitions. */
export function definitionsShown(tools: Iterable<GatewayTool>, shown: ToolChoice): GatewayTool['definition'][] {
  const isOne = executorsIn(shown) === 'one';
  return toolsShown(tools, shown).map(({ definition, splitDescription: description }) =>
    isOne || description === undefined ? definition : { ...definition, description },
  );
}

/** The gateway tool with which its caller calls a tool, where that depends on the tool; undefined where it is `execute_tool`. */
export function executorOf(
  { snapshot, caller }: Pick<ToolContext, 'snapshot' | 'caller'>,
  server: string,
  entry: ToolEntry,
): SplitExecutor | undefined {
  if (!isSplitFor(snapshot, caller.agent)) return undefined;
  return executorFor(snapshot.policy.accessOf(server, entry.name, accessOfTool(entry)));
}
