/** One program and the calls that it makes, for whoever waits for it: its first caller, or one that came back to it. */
import type { ProgramLimits } from '../../config/snapshot.ts';
import type { ResultBody } from '../../protocol/era-codec.ts';
import type { Retry } from '../../relay/calling-client.ts';
import { CALLER_GONE, Canceller, follow } from '../../shared/cancel.ts';
import { createDeferred, type Deferred } from '../../shared/deferred.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { InnerOutcome, ToolContext } from '../operation.ts';
import { readAsked, type WantedCall } from './asked-call.ts';
import { INNER_TOOLS } from './inner-tools.ts';
import { ProgramProgress } from './program-progress.ts';
import type { ProgramThreads, RunningProgram } from './program-threads.ts';
import type { Asked, Ended } from './thread-messages.ts';
import { type WaitingProgram, waitingPrograms } from './waiting-programs.ts';
import { WallClock } from './wall-clock.ts';

/** The reason for which a caller gets its answer: the program is over, or its caller has to come back to it. */
export type ProgramOutcome =
  | { readonly kind: 'over'; readonly ended: Ended }
  | { readonly kind: 'asks'; readonly body: ResultBody }
  | { readonly kind: 'waits'; readonly error: GatewayError };

/** A call that the program waits for. */
interface OpenCall {
  readonly asked: WantedCall;
  /** True while it waits for a person. */
  isAsking: boolean;
  /** True if it has to be made again when somebody waits for the program. */
  isHeld: boolean;
  /** Times that it was made. */
  made: number;
  /** The state with which its question is answered; undefined where there is none. */
  state: string | undefined;
}

export class ProgramCalls implements WaitingProgram {
  readonly ownerAndAgent: string;
  readonly program: string;
  /** The labels that its calls touched: whoever reads what it returns touches them again. */
  readonly touched = new Set<string>();
  readonly #limits: ProgramLimits;
  readonly #clock: WallClock;
  readonly #open = new Map<number, OpenCall>();
  readonly #permissions = new Map<string, () => boolean>();
  #context: ToolContext;
  #progress: ProgramProgress;
  /** Of the caller that waits now; undefined where none does. */
  #caller: { readonly outcome: Deferred<ProgramOutcome>; readonly signal: Canceller } | undefined;
  #running: RunningProgram | undefined;
  /** Aborted where it is not to begin any more. */
  readonly #queued = new Canceller();
  #isLate = false;

  constructor(context: ToolContext, program: string, limits: ProgramLimits) {
    this.ownerAndAgent = context.relay.ownerAndAgent;
    this.program = program;
    this.#context = context;
    this.#limits = limits;
    this.#progress = new ProgramProgress(context.relay.onProgress);
    this.#clock = new WallClock(limits.timeoutMs, () => {
      this.#isLate = true;
      this.#queued.abort(new GatewayError('TIMEOUT', `${this.reason}. It had not begun: others of its caller run.`));
      this.stop();
    });
  }

  /** @throws GatewayError RATE_LIMITED, TIMEOUT */
  async start(threads: ProgramThreads, code: string): Promise<ProgramOutcome> {
    const running = await this.#begin(threads, code);
    this.#running = running;
    void running.over.then((ended) => this.#over(ended));
    return this.#attend(this.#context);
  }

  /** Waits for its turn; that is a part of its time. */
  async #begin(threads: ProgramThreads, code: string): Promise<RunningProgram> {
    const { signal, relay } = this.#context;
    const release = follow(this.#queued, signal);
    this.#clock.run();
    try {
      const onAsked = (what: Asked, id: number, text: string): void => this.#asked(what, id, text);
      return await threads.start(relay.owner, code, this.#limits, onAsked, this.#queued);
    } catch (error) {
      this.#clock.pause();
      throw error;
    } finally {
      release();
    }
  }

  /** The caller is there again. @param retry the answer to what it was asked */
  async goOn(context: ToolContext, retry: Retry | undefined): Promise<ProgramOutcome> {
    this.#context = context;
    this.#progress = this.#progress.goOn(context.relay.onProgress);
    const outcome = this.#attend(context);
    for (const [id, call] of this.#open) {
      if (!call.isHeld) continue;
      call.isHeld = false;
      void this.#make(id, call, retry !== undefined && retry.requestState === call.state ? retry : undefined);
    }
    return outcome;
  }

  stop(): void {
    this.#caller?.signal.abort();
    this.#running?.stop();
  }

  /** True if it took longer than it may. */
  get isLate(): boolean {
    return this.#isLate;
  }

  /** The reason for which the gateway ended it, in a sentence. */
  get reason(): string | undefined {
    return this.#isLate ? `The program took longer than ${this.#limits.timeoutMs} ms, and was ended` : undefined;
  }

  /** True, when it is asked, if everything that it called is still permitted. */
  permission(): () => boolean {
    const all = [...this.#permissions.values()];
    return () => all.every((isPermitted) => isPermitted());
  }

  /** Lets a caller wait for the program. */
  async #attend({ signal }: ToolContext): Promise<ProgramOutcome> {
    const caller = { outcome: createDeferred<ProgramOutcome>(), signal: new Canceller() };
    this.#caller = caller;
    this.#clock.run();
    const abort = (): void => this.#left(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
    try {
      return await caller.outcome.promise;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** The caller has gone, or does not want the answer any more. */
  #left(reason: unknown): void {
    const caller = this.#caller;
    if (caller === undefined) return;
    const asking = [...this.#open.values()];
    const mayComeBack = reason === CALLER_GONE && asking.length > 0 && asking.every(({ isAsking }) => isAsking);
    if (mayComeBack) {
      // What it asked a person stays asked.
      for (const call of asking) call.isHeld = true;
      this.#release({ kind: 'waits', error: new GatewayError('CANCELLED', 'The caller is gone.') });
    } else this.#running?.stop();
    caller.signal.abort(reason);
    caller.outcome.reject(reason);
  }

  #asked(what: Asked, id: number, text: string): void {
    const asked = readAsked(what, text);
    if (asked === undefined) {
      this.#running?.settle(id, false, problem('INVALID_ARGUMENTS', 'What is asked for is no object with members.'));
      return;
    }
    const call: OpenCall = { asked, isAsking: false, isHeld: this.#caller === undefined, made: 0, state: undefined };
    this.#open.set(id, call);
    if (!call.isHeld) void this.#make(id, call, undefined);
  }

  async #make(id: number, call: OpenCall, retry: Retry | undefined): Promise<void> {
    const caller = this.#caller;
    if (caller === undefined) return;
    const { what, text, label } = call.asked;
    const made = ++call.made;
    try {
      const outcome = await this.#context.inner(INNER_TOOLS[what], text, {
        program: this.program,
        signal: caller.signal,
        onProgress: this.#progress.ofCall(label),
        onWait: (message) => {
          if (call.made === made) this.#waits(call, message);
        },
        retry,
        touched: this.touched,
      });
      // It was given up together with its caller, and may have been made again since.
      if (!call.isHeld && call.made === made) this.#made(id, call, outcome);
    } catch (error) {
      // A fault of ours ends this program, and nothing else.
      caller.outcome.reject(error);
      this.stop();
    }
  }

  #made(id: number, call: OpenCall, { answer, failure }: InnerOutcome): void {
    if (answer.kind === 'result' && answer.body.resultType === 'input_required') {
      this.#hold(call, stateOf(answer.body), { kind: 'asks', body: answer.body });
      return;
    }
    if (failure?.code === 'APPROVAL_PENDING') {
      this.#hold(call, undefined, { kind: 'waits', error: failure });
      return;
    }
    this.#open.delete(id);
    this.#progress.made(call.asked.label);
    if (failure !== undefined) this.#running?.settle(id, false, problem(failure.code, failure.message));
    else if (answer.kind === 'error') this.#running?.settle(id, false, problem(String(answer.code), answer.message));
    else {
      this.#remember(call.asked);
      this.#running?.settle(id, true, answer.body.text);
    }
  }

  /** The call is made again when its caller is back. */
  #hold(call: OpenCall, state: string | undefined, outcome: ProgramOutcome): void {
    call.isHeld = true;
    call.state = state;
    this.#release(outcome);
  }

  /** The caller gets its answer, and the program waits. */
  #release(outcome: ProgramOutcome): void {
    const caller = this.#caller;
    if (caller === undefined) return;
    this.#clock.pause();
    this.#caller = undefined;
    try {
      waitingPrograms.keep(this);
      caller.outcome.resolve(outcome);
    } catch (error) {
      caller.outcome.reject(error);
      this.#running?.stop();
    }
  }

  #waits(call: OpenCall, message: string | undefined): void {
    call.isAsking = message !== undefined;
    if ([...this.#open.values()].some(({ isAsking }) => isAsking)) this.#clock.pause();
    else if (this.#caller !== undefined) this.#clock.run();
    this.#progress.waits(message);
  }

  #over(ended: Ended): void {
    this.#clock.pause();
    // Calls that nobody waits for any more.
    this.#caller?.signal.abort();
    this.#caller?.outcome.resolve({ kind: 'over', ended });
    this.#caller = undefined;
    waitingPrograms.forget(this);
  }

  #remember({ what, server, tool }: WantedCall): void {
    if (what !== 'call') return;
    const name = JSON.stringify([server, tool]);
    if (!this.#permissions.has(name)) this.#permissions.set(name, this.#context.permissionFor(server, tool));
  }
}

function problem(code: string, message: string): string {
  return JSON.stringify({ code, message });
}

function stateOf({ text }: ResultBody): string | undefined {
  const { requestState } = JSON.parse(text) as { requestState?: string };
  return requestState;
}
