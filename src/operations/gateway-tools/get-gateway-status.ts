import type { GatewayTool } from '../operation.ts';
import { textAnswer } from '../tool-answer.ts';
import { inputSchema } from './input-schema.ts';

/** Only offered with `--debug` or `GATEWAY_DEBUG=true`: it names every agent and server. */
export const getGatewayStatus: GatewayTool = {
  name: 'get_gateway_status',
  definition: {
    name: 'get_gateway_status',
    description: 'Diagnostics: reloads, rules and servers of this gateway.',
    inputSchema: inputSchema({}),
    annotations: { readOnlyHint: true },
  },
  read: (args) => ({
    claimedAgent: args.string('agent_id'),
    server: undefined,
    tool: undefined,
    executes: false,
    run: async (context) => textAnswer(JSON.stringify(await context.status())),
  }),
};
