/** One run of a program in its thread: what it asks for goes out within its limits, and the answers come back in. */
import { timerMs } from '../../shared/wait-for.ts';
import type { Failure } from './failure.ts';
import type { Host, Sandbox } from './sandbox.ts';
import { type Asked, type Ended, type FromThread, monotonicMs, SEEN, STOP, type ToThread } from './thread-messages.ts';

/** Characters of what a program logs, returns, and sends as arguments. */
const MAX_LOGGED = 32 * 1024;
const MAX_RETURNED = 4 * 1024 * 1024;
const MAX_ASKED = 1024 * 1024;
/** Sleeps that run at a time. */
const MAX_SLEEPS = 1_000;

type Start = Extract<ToThread, { kind: 'start' }>;

export class ProgramRun implements Host {
  readonly #sandbox: Sandbox;
  readonly #start: Start;
  readonly #signs: Int32Array;
  readonly #say: (message: FromThread) => void;
  readonly #over: () => void;
  /** What waits for others to end: no more are under way than may be. */
  readonly #queue: (() => void)[] = [];
  readonly #sleeps = new Set<NodeJS.Timeout>();
  #underWay = 0;
  #calls = 0;
  #logged = '';
  #isOver = false;

  /** @param over the program has ended, and everybody knows */
  constructor(sandbox: Sandbox, start: Start, say: (message: FromThread) => void, over: () => void) {
    this.#sandbox = sandbox;
    this.#start = start;
    this.#signs = new Int32Array(start.signs);
    this.#say = say;
    this.#over = over;
  }

  async begin(): Promise<void> {
    const { code, limits } = this.#start;
    this.shouldStop();
    await this.#sandbox.start(code, limits, this, async (source) => {
      const { withoutTypes } = await import('./types-removal.ts');
      return withoutTypes(source);
    });
    this.#waits();
  }

  settle({ id, isResult, text }: Extract<ToThread, { kind: 'settle' }>): void {
    this.#underWay--;
    this.#queue.shift()?.();
    this.#answer(id, isResult, text);
  }

  shouldStop(): boolean {
    Atomics.store(this.#signs, SEEN, monotonicMs());
    return Atomics.load(this.#signs, STOP) !== 0;
  }

  logged(text: string): void {
    if (this.#logged.length >= MAX_LOGGED) return;
    this.#logged += `${this.#logged === '' ? '' : '\n'}${text}`;
    if (this.#logged.length > MAX_LOGGED) this.#logged = `${this.#logged.slice(0, MAX_LOGGED)}… (cut here)`;
  }

  done(text: string): void {
    if (text.length <= MAX_RETURNED) this.#end({ returned: text });
    else this.failed({ name: 'RangeError', message: `It returned ${text.length} characters: return less` });
  }

  failed(failure: Failure): void {
    this.#end({ failure });
  }

  asked(kind: string, id: number, text: string): void {
    if (kind === 'sleep') {
      this.#sleep(id, Number(text));
      return;
    }
    const problem = this.#problem(text);
    if (problem !== undefined) {
      // Not at once: the program is in the middle of asking.
      setImmediate(() => this.#answer(id, false, JSON.stringify(problem)));
      return;
    }
    const send = (): void => {
      this.#underWay++;
      this.#say({ kind: 'asked', what: kind as Asked, id, text });
    };
    if (this.#underWay < this.#start.limits.parallel) send();
    else this.#queue.push(send);
  }

  #problem(text: string): { code: string; message: string } | undefined {
    const { calls } = this.#start.limits;
    if (text.length > MAX_ASKED) {
      return { code: 'INVALID_ARGUMENTS', message: `The arguments are longer than ${MAX_ASKED} characters.` };
    }
    if (this.#calls < calls) {
      this.#calls++;
      return undefined;
    }
    const message = `A program may make ${calls} calls, and this one has made them: return what there is, and go on in another run.`;
    return { code: 'RATE_LIMITED', message };
  }

  #sleep(id: number, ms: number): void {
    if (this.#sleeps.size >= MAX_SLEEPS) {
      this.failed({ name: 'RangeError', message: `More than ${MAX_SLEEPS} sleeps at a time` });
      return;
    }
    // No shorter than it says, however little time the program has: it would go on before it is stopped.
    const timer = setTimeout(
      () => {
        this.#sleeps.delete(timer);
        this.#answer(id, true, '');
      },
      timerMs(ms || 0),
    );
    this.#sleeps.add(timer);
  }

  #answer(id: number, isResult: boolean, text: string): void {
    this.shouldStop();
    this.#sandbox.settle(id, isResult, text);
    this.#waits();
  }

  /** The program computes no more: it is over, or waits for something. */
  #waits(): void {
    Atomics.store(this.#signs, SEEN, 0);
    if (this.#isOver || this.#underWay + this.#queue.length + this.#sleeps.size > 0) return;
    setImmediate(() => {
      if (this.#underWay + this.#queue.length + this.#sleeps.size > 0 || this.#isOver) return;
      this.#sandbox.end('Error', 'It waits for something that never comes: no call and no sleep is left to wait for');
    });
  }

  #end(how: Pick<Ended, 'returned' | 'failure'>): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const timer of this.#sleeps) clearTimeout(timer);
    this.#sleeps.clear();
    this.#queue.length = 0;
    Atomics.store(this.#signs, SEEN, 0);
    this.#say({ kind: 'over', ended: { ...how, logged: this.#logged, calls: this.#calls } });
    // Not in the middle of its own code.
    setImmediate(this.#over);
  }
}
