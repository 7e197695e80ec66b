import { expect, it } from 'vitest';
import { CALLER_GONE, Canceller, type CancelSignal } from '../../shared/cancel.ts';
import { createDeferred, type Deferred } from '../../shared/deferred.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { InnerCall, InnerOutcome, ToolContext } from '../operation.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { ProgramCalls } from './program-calls.ts';
import type { ProgramThreads } from './program-threads.ts';
import type { Ended } from './thread-messages.ts';
import { waitingPrograms } from './waiting-programs.ts';

interface Made {
  readonly how: InnerCall;
  readonly outcome: Deferred<InnerOutcome>;
}

/** A caller, and the calls that its program makes while it waits. */
function callerWith(made: Made[], signal: CancelSignal): ToolContext {
  const inner = (_tool: unknown, _args: string, how: InnerCall): Promise<InnerOutcome> => {
    const outcome = createDeferred<InnerOutcome>();
    made.push({ how, outcome });
    return outcome.promise;
  };
  const relay = { ownerAndAgent: 'me dev', owner: 'me', client: {} };
  return { inner, signal, relay, permissionFor: () => () => true } as unknown as ToolContext;
}

const done = (text: string): InnerOutcome => ({
  answer: { kind: 'result', body: { text, metaAt: -1 } },
  failure: undefined,
});

it('a call that was given up with its caller is made once more, however late its end is told', async () => {
  const made: Made[] = [];
  const settled: unknown[] = [];
  const over = createDeferred<Ended>();
  let ask: (id: number) => void = () => undefined;
  const threads = {
    start: async (
      _owner: string,
      _code: string,
      _limits: object,
      onAsked: (what: string, id: number, text: string) => void,
    ) => {
      ask = (id) => onAsked('call', id, '{"server":"calc","tool":"add"}');
      return { over: over.promise, settle: (...what: unknown[]) => void settled.push(what), stop: () => undefined };
    },
  } as unknown as ProgramThreads;

  const signal = new Canceller();
  const program = new ProgramCalls(callerWith(made, signal), 'hash', DEFAULT_LIMITS);
  const first = program.start(threads, 'code').catch((error: unknown) => error);
  await Promise.resolve();
  await Promise.resolve();
  ask(1);
  made[0]?.how.onWait?.('A person is asked.');
  signal.abort(CALLER_GONE);
  expect(waitingPrograms.take('me dev', 'hash')).toBe(program);

  const second = program.goOn(callerWith(made, new Canceller()), undefined);
  made[0]?.outcome.resolve({ ...done(''), failure: new GatewayError('CANCELLED', 'The call was cancelled.') });
  await first;
  made[1]?.outcome.resolve(done('{"content":[]}'));
  await Promise.resolve();
  expect(settled).toEqual([[1, true, '{"content":[]}']]);
  const ended = { returned: '1', logged: '', calls: 1 };
  over.resolve(ended);
  expect(await second).toEqual({ kind: 'over', ended });
});
