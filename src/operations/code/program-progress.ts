/** What a caller hears of a program: how many calls have been made, and what those say that run. */
import { readObject } from '../../protocol/json-rpc.ts';
import { findMember, stringValue } from '../../protocol/members.ts';

type Tell = ((params: string) => void) | undefined;

export class ProgramProgress {
  readonly #tell: Tell;
  #made: number;
  /** Messages since the last call was made: progress has to increase. */
  #heard = 0;

  constructor(tell: Tell, made = 0) {
    this.#tell = tell;
    this.#made = made;
  }

  /** The same for another caller. */
  goOn(tell: Tell): ProgramProgress {
    return new ProgramProgress(tell, this.#made);
  }

  /** A call has been made. @param label what it was, for people */
  made(label: string): void {
    if (this.#tell === undefined) return;
    this.#made++;
    this.#heard = 0;
    this.#say(this.#made, label);
  }

  /** Passes on what the server of a call says; undefined where nobody wants to hear it. */
  ofCall(label: string): Tell {
    if (this.#tell === undefined) return undefined;
    return (params) => {
      const object = `{${params}}`;
      const message = stringValue(object, findMember(readObject(object), 'message'));
      this.#say(this.#between(), message === undefined ? label : `${label}: ${message}`);
    };
  }

  waits(message: string | undefined): void {
    if (message !== undefined) this.#say(this.#between(), message);
  }

  #between(): number {
    this.#heard++;
    return this.#made + 1 - 1 / (this.#heard + 1);
  }

  #say(progress: number, message: string): void {
    this.#tell?.(`"progress":${progress},"message":${JSON.stringify(message)}`);
  }
}
