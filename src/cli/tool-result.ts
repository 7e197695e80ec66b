/** Results of the gateway's own tools, as commands read them. */
import { GatewayError, isErrorCode } from '../shared/errors.ts';
import { NEXT_STEPS } from '../shared/next-steps.ts';

/** A result of `tools/call`. */
export interface ToolResult {
  readonly content: readonly { readonly type: string; readonly text?: string }[];
  readonly isError?: boolean;
}

/** A failure of the gateway; undefined for a result, also one with which a server says that it failed. */
export function failureOf(result: ToolResult): GatewayError | undefined {
  if (result.isError !== true) return undefined;
  try {
    const { error } = JSON.parse(textOf(result)) as { error?: { code?: unknown; message?: unknown } };
    if (typeof error?.code !== 'string' || typeof error.message !== 'string') return undefined;
    return isErrorCode(error.code) ? new GatewayError(error.code, inShellWords(error.message)) : undefined;
  } catch {
    return undefined;
  }
}

/** Advice for a person at a shell, who has these commands and not the tools of an agent. */
const SHELL_STEPS: Readonly<Record<keyof typeof NEXT_STEPS, string>> = {
  nameAgent: 'name the agent with --agent NAME',
  seeServers: '"agent-mcp-gateway tools list" shows the servers that there are.',
  seeTools: '"agent-mcp-gateway tools list SERVER" shows its tools.',
  seePermitted: '"agent-mcp-gateway tools list" shows what it may use, "agent-mcp-gateway policy explain" why.',
  allowLonger: 'Raise "timeout_ms" in the entry of the server if the work needs it.',
};

function inShellWords(message: string): string {
  let text = message;
  for (const [step, sentence] of Object.entries(NEXT_STEPS)) {
    text = text.replace(sentence, () => SHELL_STEPS[step as keyof typeof NEXT_STEPS]);
  }
  return text;
}

/** The text of its first block of text; empty for none. */
export function textOf(result: ToolResult): string {
  return result.content.find(({ type }) => type === 'text')?.text ?? '';
}
