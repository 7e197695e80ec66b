/** Programs that wait for people while nobody waits for them: whoever makes the same call again goes on with them. */
import { GatewayError } from '../../shared/errors.ts';

/** The beginning of the states with which callers of 2026-07-28 come back to a program. */
export const PROGRAM_PREFIX = 'amgp-code.';
/** Milliseconds that a program waits for its caller to come back. */
const EXPIRY_MS = 600_000;
const MAX_WAITING = 64;
const MAX_OF_OWNER = 4;

/** A program that waits. */
export interface WaitingProgram {
  /** The only owner and agent that may go on with it. */
  readonly ownerAndAgent: string;
  /** SHA-256 of its text. */
  readonly program: string;
  stop(): void;
}

interface WaitingPrograms {
  /** Keeps one until it is taken, or for a while. @throws GatewayError RATE_LIMITED where too many wait */
  keep(program: WaitingProgram): void;
  /** Takes out the one of that text that waits for longest. */
  take(ownerAndAgent: string, program: string): WaitingProgram | undefined;
  /** It is over. */
  forget(program: WaitingProgram): void;
  readonly size: number;
}

export function createWaitingPrograms(): WaitingPrograms {
  const waiting = new Map<WaitingProgram, NodeJS.Timeout>();
  return {
    keep(program) {
      const own = [...waiting.keys()].filter(({ ownerAndAgent }) => ownerAndAgent === program.ownerAndAgent);
      if (waiting.size >= MAX_WAITING || own.length >= MAX_OF_OWNER) {
        throw new GatewayError(
          'RATE_LIMITED',
          'Too many programs wait for people already: have those questions answered first.',
        );
      }
      const end = (): void => {
        waiting.delete(program);
        program.stop();
      };
      waiting.set(program, setTimeout(end, EXPIRY_MS).unref());
    },
    take(ownerAndAgent, program) {
      const found = [...waiting].find(([one]) => one.ownerAndAgent === ownerAndAgent && one.program === program);
      if (found === undefined) return undefined;
      const [one, timer] = found;
      clearTimeout(timer);
      waiting.delete(one);
      return one;
    },
    forget(program) {
      clearTimeout(waiting.get(program));
      waiting.delete(program);
    },
    get size() {
      return waiting.size;
    },
  };
}

/** Those of this process. */
export const waitingPrograms = createWaitingPrograms();
