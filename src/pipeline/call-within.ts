/** A call that a program of an agent makes: the same caller, a request of its own, and its parent in the records. */
import type { GatewayTool, InnerCall, InnerOutcome } from '../operations/operation.ts';
import { failureAnswer } from '../operations/tool-answer.ts';
import { MAX_MESSAGE_DEPTH } from '../protocol/json-rpc.ts';
import { jsonString } from '../protocol/json-text.ts';
import type { ScannedObject } from '../protocol/members.ts';
import { scanObject } from '../protocol/scan.ts';
import { ScanError } from '../protocol/scan-error.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Call } from './decide-call.ts';
import type { PipelineDependencies } from './dependencies.ts';

const SHAPE = { arguments: { args: {} } };

/** Takes it all the way. Never rejects. @param args JSON text of an object */
export async function callWithin(
  parts: PipelineDependencies,
  call: Call,
  tool: GatewayTool,
  args: string,
  { program, signal, onProgress, onWait, retry, touched }: InnerCall,
): Promise<InnerOutcome> {
  const { inbound, requestId, invocation } = call;
  // A program does not run beside its calls: these count.
  call.done?.(() => 0);
  call.done = undefined;
  const claimed = invocation?.claimedAgent;
  const agent = claimed === undefined ? '' : `,"agent_id":${jsonString(claimed)}`;
  const text = `{"name":${jsonString(tool.name)},"arguments":{${args.slice(1, -1)}${agent}}}`;
  let params: ScannedObject;
  try {
    params = scanObject(text, SHAPE, { maxDepth: MAX_MESSAGE_DEPTH, uniqueKeys: true });
  } catch (error) {
    if (!(error instanceof ScanError)) throw error;
    const failure = new GatewayError('INVALID_ARGUMENTS', 'The arguments nest too deeply, or name a member twice.');
    return { answer: failureAnswer(failure.code, failure.message), failure };
  }
  const client = { ...inbound.client, header: undefined, retry };
  const parent = { requestId, program, touched };
  return parts.runInner(parts, { ...inbound, text, params, signal, onProgress, onWait, client, parent }, tool);
}
