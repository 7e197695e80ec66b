/** The size that it has at first, and of what it may use again, in bytes. */
const FIRST_BYTES = 64 * 1024;
const MAX_SPARE_BYTES = 1024 * 1024;
/** Blocks up to this size are copied byte by byte: a call of the system's copy costs more. */
const SMALL_BLOCK = 40;

/** Bytes of many spans, one after the other, with room for what comes before them. Whoever writes makes room first. */
export class ByteWriter {
  /** Bytes that are left free for what comes before. */
  readonly #before: number;
  #bytes: Buffer;
  /** Memory that was used before: new memory costs as much as everything that is written into it. */
  #spare: Buffer | undefined;
  length: number;

  constructor(before: number) {
    this.#before = before;
    this.#bytes = Buffer.allocUnsafeSlow(FIRST_BYTES + before);
    this.length = before;
  }

  get isEmpty(): boolean {
    return this.length === this.#before;
  }

  /** Bytes that were written. */
  get size(): number {
    return this.length - this.#before;
  }

  /** Makes room for this many more bytes. */
  reserve(more: number): void {
    if (this.length + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.length + more));
    larger.set(this.#bytes.subarray(0, this.length));
    this.#bytes = larger;
  }

  /** All that was written, between two others, of which the first has room. Begins anew, in other memory. */
  take(before: Uint8Array, after: Uint8Array): Buffer {
    this.reserve(after.length);
    this.block(after);
    const start = this.#before - before.length;
    this.#bytes.set(before, start);
    const taken = this.#bytes.subarray(start, this.length);
    this.#bytes = this.#spare ?? Buffer.allocUnsafeSlow(FIRST_BYTES + this.#before);
    this.#spare = undefined;
    this.length = this.#before;
    return taken;
  }

  /** Gets back what was taken, when nobody reads it any more. */
  giveBack(taken: Buffer): void {
    if (taken.buffer.byteLength <= MAX_SPARE_BYTES) this.#spare = Buffer.from(taken.buffer);
  }

  byte(value: number): void {
    this.#bytes[this.length++] = value;
  }

  block(block: Uint8Array): void {
    const size = block.length;
    if (size > SMALL_BLOCK) this.#bytes.set(block, this.length);
    else this.#copy(block, 0, size);
    this.length += size;
  }

  /** A part of other bytes, which is short. */
  part(bytes: Uint8Array, at: number, size: number): void {
    this.#copy(bytes, at, size);
    this.length += size;
  }

  #copy(from: Uint8Array, at: number, size: number): void {
    const bytes = this.#bytes;
    const { length } = this;
    for (let place = 0; place < size; place++) bytes[length + place] = from[at + place] ?? 0;
  }

  /** @param value a whole number that is not negative */
  varint(value: number): void {
    let rest = value;
    while (rest > 0x7f) {
      this.#bytes[this.length++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.#bytes[this.length++] = rest;
  }

  /** Text if it is ASCII. @returns false where it is not, and nothing counts as written */
  ascii(text: string): boolean {
    const start = this.length;
    const bytes = this.#bytes;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit > 0x7f) return false;
      bytes[start + at] = unit;
    }
    this.length = start + text.length;
    return true;
  }

  /** Text in UTF-8. @returns how many bytes it has */
  text(text: string): number {
    if (this.ascii(text)) return text.length;
    const bytes = this.#bytes.write(text, this.length);
    this.length += bytes;
    return bytes;
  }

  uint32(value: number): void {
    this.length = this.#bytes.writeUInt32LE(value, this.length);
  }

  double(value: number): void {
    this.length = this.#bytes.writeDoubleLE(value, this.length);
  }

  /**
   * Puts the length of what was written since a place there. @param start where two bytes are left for it
   * Lengths of one or three bytes move what follows; there has to be room for that.
   */
  sizeAt(start: number): void {
    const size = this.length - start - 2;
    const bytes = size < 0x80 ? 1 : size < 0x4000 ? 2 : size < 0x200000 ? 3 : 4;
    if (bytes !== 2) this.#bytes.copyWithin(start + bytes, start + 2, this.length);
    this.length = start;
    this.varint(size);
    this.length += size;
  }
}
