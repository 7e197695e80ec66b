/** A queue in which the agents that wait take turns: an agent that was served goes behind the others with its next entry. */
export class FairQueue<T> {
  /** In the order in which they are served; none is empty. */
  readonly #entries = new Map<string, T[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  sizeOf(agent: string): number {
    return this.#entries.get(agent)?.length ?? 0;
  }

  push(agent: string, entry: T): void {
    const own = this.#entries.get(agent);
    if (own === undefined) this.#entries.set(agent, [entry]);
    else own.push(entry);
    this.#size++;
  }

  /** Takes out the next entry of the first agent that may go. */
  take(mayGo: (agent: string) => boolean): T | undefined {
    for (const [agent, own] of this.#entries) {
      if (!mayGo(agent)) continue;
      this.#entries.delete(agent);
      const entry = own.shift();
      if (own.length > 0) this.#entries.set(agent, own);
      this.#size--;
      return entry;
    }
    return undefined;
  }

  /** @returns false where it was taken already. */
  remove(agent: string, entry: T): boolean {
    const own = this.#entries.get(agent) ?? [];
    const at = own.indexOf(entry);
    if (at < 0) return false;
    own.splice(at, 1);
    if (own.length === 0) this.#entries.delete(agent);
    this.#size--;
    return true;
  }
}
