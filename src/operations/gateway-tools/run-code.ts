/** Runs a program of an agent that calls tools; what runs it is loaded by the first one. */
import { hash } from 'node:crypto';
import { RUN_CODE } from '../../policy/executors.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { GatewayTool, ToolContext } from '../operation.ts';
import { mayRunCode } from './executor-choice.ts';
import { inputSchema } from './input-schema.ts';

/** Characters of a program. */
const MAX_PROGRAM = 64 * 1024;

export const runCode: GatewayTool = {
  name: RUN_CODE,
  definition: {
    name: RUN_CODE,
    description:
      'Run JavaScript or TypeScript that makes several tool calls, and read only what it returns. In it: await tools.search(query), await tools.describe(server, tool), await tools.call(server, tool, args) or await servers.NAME.TOOL(args), which give the result as a value and throw on failure; await tools.parallel([() => …]), console.log, await sleep(ms). No network, no files. End with return.',
    inputSchema: inputSchema(
      {
        code: { type: 'string' },
        timeout_ms: { type: 'integer' },
        max_result_tokens: { type: 'integer' },
      },
      ['code'],
    ),
  },
  shown() {
    // Without its threads (tests of the sources) the first program says so.
    void import('../code/program-threads.ts').then(({ programThreads }) => programThreads().warm()).catch(() => {});
  },
  read(args) {
    const code = args.longString('code', MAX_PROGRAM);
    const timeoutMs = args.count('timeout_ms');
    const maxTokens = args.count('max_result_tokens');
    const program = hash('sha256', code, 'hex');
    return {
      claimedAgent: args.string('agent_id'),
      server: undefined,
      tool: undefined,
      executes: true,
      detail: { program, code_bytes: Buffer.byteLength(code) },
      locate: async (context) => permitted(context),
      run: async (context) => {
        const { runProgram } = await import('../code/run-program.ts');
        return runProgram(context, { code, program, timeoutMs, maxTokens });
      },
    };
  },
};

/** @throws GatewayError TOOL_NOT_FOUND for agents that may not run programs */
function permitted({ snapshot, caller: { agent } }: ToolContext): 'own' {
  if (mayRunCode(snapshot, agent)) return 'own';
  throw new GatewayError('TOOL_NOT_FOUND', `Agent '${agent}' has no ${RUN_CODE}: call its tools one by one.`);
}
