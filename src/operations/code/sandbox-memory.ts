/**
 * The memory of a sandbox. QuickJS is told of a limit as well, and counts only how often it takes some (in WebAssembly, its allocator does
 * not know how much that is), so that the bound is here, where nothing gets around it.
 */

const PAGE_BYTES = 64 * 1024;
/** The memory that QuickJS begins with, and the most that it can use; both as it is built. */
const FIRST_PAGES = 256;
const MAX_PAGES = 32_768;
/** Bytes that QuickJS itself needs, beside what a program does. */
const ENGINE_BYTES = 4 * 1024 * 1024;

export class SandboxMemory extends WebAssembly.Memory {
  #limitBytes = FIRST_PAGES * PAGE_BYTES;
  #isFull = false;

  constructor() {
    super({ initial: FIRST_PAGES, maximum: MAX_PAGES });
  }

  /** @param bytes that a program may use */
  limit(bytes: number): void {
    this.#limitBytes = bytes + ENGINE_BYTES;
  }

  /** True if there was not enough once. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** @throws RangeError where there would be more than there may be: QuickJS is out of memory then */
  override grow(pages: number): number {
    if (this.buffer.byteLength + pages * PAGE_BYTES > this.#limitBytes) {
      this.#isFull = true;
      throw new RangeError('The sandbox may have no more memory.');
    }
    return super.grow(pages);
  }
}
