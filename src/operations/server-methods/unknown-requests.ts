/** Requests for what there is not: they count against limits, and leave a record like what is denied. */
import { type ErrorCode, GatewayError } from '../../shared/errors.ts';
import { NEXT_STEPS } from '../../shared/next-steps.ts';
import type { Operation, ToolAnswer } from '../operation.ts';
import { protocolFailure } from './protocol-failure.ts';

/** The error instead where the caller has no room, or its refusal cannot be recorded. */
const TOLD_AS_IT_IS: ReadonlySet<ErrorCode> = new Set(['RATE_LIMITED', 'AUDIT_UNAVAILABLE', 'CANCELLED', 'INTERNAL']);

/** A method that nobody here knows. @param answer what the caller is told */
export function unknownMethodOperation(method: string, answer: ToolAnswer): Operation {
  return refused('unknown_method', 'METHOD_NOT_FOUND', undefined, answer, { method: method.slice(0, 128) });
}

/** `tools/call` of a tool that the gateway does not have, or that cannot be called like this. */
export function unknownToolOperation(tool: string | undefined, answer: ToolAnswer): Operation {
  return refused('tools/call', tool === undefined ? 'INVALID_PARAMS' : 'TOOL_NOT_FOUND', tool, answer);
}

function refused(
  name: string,
  code: ErrorCode,
  tool: string | undefined,
  answer: ToolAnswer,
  detail?: Readonly<Record<string, unknown>>,
): Operation {
  return {
    name,
    read: () => ({
      claimedAgent: undefined,
      server: undefined,
      tool,
      executes: false,
      ...(detail === undefined ? {} : { detail }),
      run: () => {
        throw new GatewayError(code, answer.kind === 'error' ? answer.message : name);
      },
    }),
    fail: (error) => (TOLD_AS_IT_IS.has(error.code) ? protocolFailure(error) : answer),
    wording: { ...NEXT_STEPS, toolName: (_server, called) => called },
  };
}
