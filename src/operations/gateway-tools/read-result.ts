import { estimateLong } from '../../catalog/estimate-tokens.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { GatewayTool, ToolAnswer, ToolContext } from '../operation.ts';
import { cutAt } from '../results/cut-text.ts';
import { NO_SERVER } from '../results/result-store.ts';
import { compileSelector } from '../results/select.ts';
import { failureAnswer, textAnswer, valueBody } from '../tool-answer.ts';
import { inputSchema } from './input-schema.ts';

/** Tokens of a piece where neither the call nor the rules say. */
const DEFAULT_TOKENS = 4_500;

/** The same for a handle that nobody gave out, is over, or is not permitted any more. */
const GONE =
  'There is no result under this handle any more. If you need the rest, call its tool again, where that may safely be done twice.';

/** Reads on in a result that was cut. Decided on like the call that it came from. */
export const readResult: GatewayTool = {
  name: 'read_result',
  definition: {
    name: 'read_result',
    description: 'Read on in a result that was cut, or select from it by JMESPath.',
    inputSchema: inputSchema(
      {
        handle: { type: 'string' },
        offset: { type: 'integer' },
        select: { type: 'string' },
        max_result_tokens: { type: 'integer' },
      },
      ['handle'],
    ),
    annotations: { readOnlyHint: true },
  },
  read(args) {
    const handle = args.requiredString('handle');
    const offset = args.offset('offset') ?? 0;
    const select = args.string('select');
    const maxTokens = args.count('max_result_tokens');
    return {
      claimedAgent: args.string('agent_id'),
      server: undefined,
      tool: undefined,
      executes: false,
      locate: async ({ results, relay }) => {
        const kept = await results.find(handle, relay.ownerAndAgent);
        if (kept?.server === NO_SERVER) return 'own';
        return kept === undefined ? undefined : { server: kept.server, name: kept.tool };
      },
      missing: GONE,
      run: (context) => read(context, { handle, offset, select, maxTokens }),
    };
  },
};

interface Reading {
  readonly handle: string;
  readonly offset: number;
  readonly select: string | undefined;
  readonly maxTokens: number | undefined;
}

async function read(context: ToolContext, { handle, offset, select, maxTokens }: Reading): Promise<ToolAnswer> {
  const kept = await context.results.find(handle, context.relay.ownerAndAgent);
  if (kept === undefined) return failureAnswer('UNKNOWN_HANDLE', GONE);
  await context.readAgain(kept.labels);
  const limit = tokenLimit(context, maxTokens) ?? DEFAULT_TOKENS;
  let { text } = kept;
  if (select !== undefined) {
    if (kept.json === undefined) {
      throw new GatewayError('INVALID_ARGUMENTS', 'read_result: this result is not JSON: read it by offset.');
    }
    text = await (await compileSelector('read_result', context.relay.owner, select))(kept.json);
  }
  if (offset > text.length) {
    throw new GatewayError('INVALID_ARGUMENTS', `read_result: offset is beyond the end, which is ${text.length}.`);
  }
  const end = await cutAt(text, offset, limit);
  const piece = text.slice(offset, end);
  if (end >= text.length) return { kind: 'result', body: valueBody(piece, context.relay.client, 'any') };
  const left = await estimateLong(text.slice(end));
  const again = select === undefined ? '' : ` with the same select`;
  return textAnswer(`[${left} tokens follow this piece: read on at offset ${end}${again}.]\n\n${piece}`);
}

/** The smaller of what the call asks for and what the rules set for its agent; undefined where neither says. */
export function tokenLimit({ snapshot, caller }: ToolContext, asked: number | undefined): number | undefined {
  const set = snapshot.agentTerms.get(caller.agent)?.maxResultTokens;
  if (set === undefined || asked === undefined) return set ?? asked;
  return Math.min(set, asked);
}
