/** Lets everybody wait for everybody. */
export class Barrier {
  readonly #members: () => readonly number[];
  readonly #arrived = new Map<number, () => void>();

  /** @param members who is waited for, asked again at each arrival */
  constructor(members: () => readonly number[]) {
    this.#members = members;
  }

  /** Resolves when all have arrived. */
  arrive(member: number): Promise<void> {
    return new Promise((resolve) => {
      this.#arrived.set(member, resolve);
      this.#open();
    });
  }

  /** Nobody waits for this one any more. */
  leave(member: number): void {
    this.#arrived.delete(member);
    this.#open();
  }

  #open(): void {
    if (!this.#members().every((member) => this.#arrived.has(member))) return;
    for (const release of this.#arrived.values()) release();
  }
}
