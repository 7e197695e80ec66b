import type { Invocation } from '../operations/operation.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Call } from './decide-call.ts';
import type { PipelineDependencies } from './dependencies.ts';

/**
 * Holds a call that was decided `ask` until a person said yes: the one place where that can be. It comes after the decision and
 * before the record of it and the run, and again where the decision is taken again. Returns where the call may go on.
 * @throws GatewayError APPROVAL_PENDING
 */
export function requireApproval(_parts: PipelineDependencies, call: Call, _invocation: Invocation): Promise<void> {
  const { target, operation } = call;
  const what = target?.name === undefined ? 'this server' : `'${target.name.slice(0, 128)}'`;
  const message = `A person has to allow this use of ${what} first, and nobody can be asked yet. ${operation.wording.seePermitted}`;
  return Promise.reject(new GatewayError('APPROVAL_PENDING', message));
}
