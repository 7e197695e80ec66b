/**
 * What was spent of one budget in one period: a file to which every process of this account appends, a line for each change. Lines are
 * appended whole and in one order (O_APPEND), so that all processes agree on what came before what, and nothing waits for a lock.
 */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../../config/config-files.ts';
import { makeFolder } from '../../shared/make-folder.ts';

/** Units in which costs are counted: sums of fractions would not be exact. */
export const MICRO = 1_000_000;

export interface Amount {
  readonly calls: number;
  readonly tokens: number;
  /** In millionths. */
  readonly cost: number;
}

export const NOTHING: Amount = { calls: 0, tokens: 0, cost: 0 };
const LINE = /^(\S+) (-?\d+) (-?\d+) (-?\d+)$/;
/** Bytes that are read at a time. */
const STEP = 64 * 1024;

export function sumOf(one: Amount, other: Amount): Amount {
  return { calls: one.calls + other.calls, tokens: one.tokens + other.tokens, cost: one.cost + other.cost };
}

export class SpendingFile {
  readonly period: string;
  /** Undefined when its period is over: what comes later changes nothing any more, and the number may be another file's. */
  #fd: number | undefined;
  readonly #writer = randomBytes(6).toString('base64url');
  #lines = 0;
  #read = 0;
  /** The part of a line whose end was not there yet. */
  #rest = '';
  #sum: Amount = NOTHING;

  /** @param key names the budget. @throws the error of open(2) */
  constructor(folder: string, key: string, period: string) {
    this.period = period;
    makeFolder(folder);
    const name = sha256(key).slice(0, 32);
    this.#fd = fs.openSync(join(folder, `${name}-${period}.log`), 'a+', 0o600);
    removeOld(folder, name, `${name}-${period}.log`);
  }

  /** All that was spent so far. */
  read(): Amount {
    this.#readTo(undefined);
    return this.#sum;
  }

  /** Adds to it. @returns what was spent before. @throws the error of write(2), also where only a part of it was written */
  charge(amount: Amount): Amount {
    const id = this.add(amount);
    return this.#readTo(id) ?? this.#sum;
  }

  /** @returns the id of the line */
  add({ calls, tokens, cost }: Amount): string {
    const id = `${this.#writer}${++this.#lines}`;
    if (this.#fd === undefined) return id;
    // Begins a line of its own, whatever a process that was killed left behind.
    const line = `\n${id} ${calls} ${tokens} ${cost}\n`;
    if (fs.writeSync(this.#fd, line) < line.length) throw new Error('The file system is full.');
    return id;
  }

  /** True if its period is over. */
  get isClosed(): boolean {
    return this.#fd === undefined;
  }

  /** Nothing is read or written after it. */
  close(): void {
    if (this.#fd !== undefined) fs.closeSync(this.#fd);
    this.#fd = undefined;
  }

  /** Reads what is new. @returns what was spent before the line of this id */
  #readTo(id: string | undefined): Amount | undefined {
    if (this.#fd === undefined) return undefined;
    let before: Amount | undefined;
    const bytes = Buffer.allocUnsafe(STEP);
    for (;;) {
      const count = fs.readSync(this.#fd, bytes, 0, STEP, this.#read);
      if (count === 0) return before;
      this.#read += count;
      const lines = (this.#rest + bytes.toString('latin1', 0, count)).split('\n');
      this.#rest = lines.pop() ?? '';
      for (const line of lines) {
        const [, of, calls = '', tokens = '', cost = ''] = LINE.exec(line) ?? [];
        if (of === undefined) continue;
        if (of === id) before = this.#sum;
        this.#sum = sumOf(this.#sum, { calls: Number(calls), tokens: Number(tokens), cost: Number(cost) });
      }
    }
  }
}

/** Removes the files of earlier periods but the last, to which a clock that was wrong may come back; as far as that can be done: others may do the same. */
function removeOld(folder: string, name: string, current: string): void {
  const earlier = fs.readdirSync(folder).filter((file) => file.startsWith(name) && file < current);
  for (const file of earlier.sort().slice(0, -1)) fs.rmSync(join(folder, file), { force: true });
}
