/**
 * One program in one QuickJS, which is WebAssembly with a memory of its own (sandbox-memory.ts): each run has a new one, so that nothing of a program
 * is left for the next. In and out go texts alone.
 */
import variant from '@jitl/quickjs-wasmfile-release-sync';
import {
  newQuickJSWASMModuleFromVariant,
  newVariant,
  type QuickJSContext,
  type QuickJSHandle,
  type QuickJSRuntime,
  type QuickJSSyncVariant,
} from 'quickjs-emscripten-core';
import { type Failure, FILE, PREFIX, type RawFailure, readFailure } from './failure.ts';
import { PRELUDE } from './prelude.ts';
import { ProcessorBudget } from './processor-time.ts';
import { SandboxMemory } from './sandbox-memory.ts';

/** Bytes of the stack of a program; the thread has more. */
const STACK_BYTES = 1024 * 1024;
/** Jobs between looks at what should stop a program. */
const JOBS = 1_000;

/** Its types are those of its CommonJS. */
const VARIANT = variant as unknown as QuickJSSyncVariant;

/** The world of a program: what its own texts lead to. */
export interface Host {
  /** It wants something, and waits for `settle` with this id. */
  asked(kind: string, id: number, text: string): void;
  logged(text: string): void;
  /** It has ended well. @param text JSON of what it returned; empty for nothing */
  done(text: string): void;
  failed(failure: Failure): void;
  /** True if it has to end now; called often. */
  shouldStop(): boolean;
}

interface SandboxLimits {
  readonly memoryMb: number;
  readonly cpuMs: number;
}

/** A sandbox that waits for its program. @param module QuickJS, compiled */
export async function openSandbox(module: WebAssembly.Module): Promise<Sandbox> {
  const memory = new SandboxMemory();
  const quickjs = await newQuickJSWASMModuleFromVariant(
    newVariant(VARIANT, { wasmModule: module, wasmMemory: memory }),
  );
  const runtime = quickjs.newRuntime();
  runtime.setMaxStackSize(STACK_BYTES);
  return new Sandbox(runtime, runtime.newContext(), memory);
}

export class Sandbox {
  readonly #runtime: QuickJSRuntime;
  readonly #context: QuickJSContext;
  readonly #memory: SandboxMemory;
  readonly #run: QuickJSHandle;
  readonly #settle: QuickJSHandle;
  #host: Host | undefined;
  #budget = new ProcessorBudget(0);
  #source = '';
  #code = '';
  #isStopped = false;
  #isOver = false;

  constructor(runtime: QuickJSRuntime, context: QuickJSContext, memory: SandboxMemory) {
    this.#runtime = runtime;
    this.#context = context;
    this.#memory = memory;
    const post = context.newFunction('post', (kind, id, text) => {
      this.#posted(context.getString(kind), context.getNumber(id), context.getString(text));
    });
    const prelude = context.unwrapResult(context.evalCode(PRELUDE, 'gateway.js'));
    const parts = context.unwrapResult(context.callFunction(prelude, context.undefined, post));
    this.#run = context.getProp(parts, 'run');
    this.#settle = context.getProp(parts, 'settle');
    for (const handle of [post, prelude, parts]) handle.dispose();
  }

  /**
   * Begins a program, in JavaScript or TypeScript.
   * @param withoutTypes the JavaScript of a TypeScript program; asked only where the source is no JavaScript. Undefined for what is neither
   */
  async start(
    source: string,
    limits: SandboxLimits,
    host: Host,
    withoutTypes: (source: string) => Promise<string | undefined>,
  ): Promise<void> {
    this.#host = host;
    this.#source = source;
    this.#budget = new ProcessorBudget(limits.cpuMs);
    this.#memory.limit(limits.memoryMb * 1024 * 1024);
    this.#runtime.setInterruptHandler(() => this.#hasToStop());
    const refused = this.#evaluate(source);
    if (refused === undefined) return;
    const code = await withoutTypes(source);
    const again = code === undefined ? refused : this.#evaluate(code);
    if (again !== undefined) this.#fail(readFailure(again, source, code ?? source));
  }

  /** @returns why it is no JavaScript; nothing of it has run then */
  #evaluate(code: string): RawFailure | undefined {
    let refused: RawFailure | undefined;
    this.#compute(() => {
      const found = this.#context.evalCode(`${PREFIX}${code}\n})`, FILE);
      if (found.error) {
        refused = this.#context.dump(found.error) as RawFailure;
        found.error.dispose();
        return;
      }
      this.#code = code;
      this.#call(this.#run, found.value);
      found.value.dispose();
    });
    return refused;
  }

  /** Answers what a program asked for. @param text JSON: the result, or `{ code, message }` */
  settle(id: number, isResult: boolean, text: string): void {
    this.#compute(() => {
      const context = this.#context;
      const handles = [context.newNumber(id), isResult ? context.true : context.false, context.newString(text)];
      this.#call(this.#settle, ...handles);
      for (const handle of handles) handle.dispose();
    });
  }

  /** Ends a program that has not ended by itself. */
  end(name: string, message: string): void {
    this.#fail({ name, message });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  #call(called: QuickJSHandle, ...args: QuickJSHandle[]): void {
    const result = this.#context.callFunction(called, this.#context.undefined, ...args);
    if (result.error) {
      this.#fail(this.#failureOf(result.error));
      result.error.dispose();
    } else result.value.dispose();
  }

  /** Lets the program compute until it waits. Whatever breaks in it ends it. */
  #compute(begin: () => void): void {
    if (this.#isOver) return;
    this.#budget.begin();
    try {
      begin();
      while (!this.#isOver && this.#runtime.hasPendingJob() && !this.#hasToStop()) {
        const jobs = this.#runtime.executePendingJobs(JOBS);
        if (jobs.error) {
          this.#fail(this.#failureOf(jobs.error));
          jobs.error.dispose();
        } else jobs.dispose();
      }
      // Also where a job was stopped: its promise has the error then, and a program may look away.
      if (this.#isStopped) this.#fail({ name: 'InternalError', message: 'interrupted' });
    } catch (error) {
      // QuickJS itself broke: its memory is not looked at again.
      this.#fail({ name: 'InternalError', message: error instanceof RangeError ? 'stack overflow' : 'out of memory' });
    } finally {
      this.#budget.end();
    }
  }

  /** True once it has to end: nothing of it runs on. */
  #hasToStop(): boolean {
    this.#isStopped ||= this.#host?.shouldStop() === true || this.#budget.isOver();
    return this.#isStopped;
  }

  #failureOf(error: QuickJSHandle): Failure {
    return readFailure(this.#context.dump(error) as RawFailure, this.#source, this.#code);
  }

  #posted(kind: string, id: number, text: string): void {
    if (this.#isOver) return;
    if (kind === 'log') this.#host?.logged(text);
    else if (kind === 'done') {
      this.#isOver = true;
      this.#host?.done(text);
    } else if (kind === 'failed') this.#fail(readFailure(JSON.parse(text) as RawFailure, this.#source, this.#code));
    else this.#host?.asked(kind, id, text);
  }

  #fail(failure: Failure): void {
    if (this.#isOver) return;
    this.#isOver = true;
    // There was no room for the error that says so.
    const isNothing = this.#memory.isFull && failure.message === 'null';
    this.#host?.failed(isNothing ? { name: 'InternalError', message: 'out of memory' } : failure);
  }
}
