/** Bytes of many spans, one after the other. Whoever writes makes room first. */
export class ByteWriter {
  #bytes = Buffer.allocUnsafeSlow(64 * 1024);
  length = 0;

  /** Makes room for this many more bytes. */
  reserve(more: number): void {
    if (this.length + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#bytes.length * 2, this.length + more));
    larger.set(this.#bytes.subarray(0, this.length));
    this.#bytes = larger;
  }

  /** All that was written; begins anew. The bytes are those of the writer: they are to be copied at once. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.length);
    this.length = 0;
    return taken;
  }

  byte(value: number): void {
    this.#bytes[this.length++] = value;
  }

  block(block: Uint8Array): void {
    this.#bytes.set(block, this.length);
    this.length += block.length;
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

  /** Hexadecimal digits in small letters as the bytes that they stand for. */
  hex(digits: string): void {
    const bytes = this.#bytes;
    let length = this.length;
    for (let at = 0; at < digits.length; at += 2) {
      bytes[length++] = (digitOf(digits.charCodeAt(at)) << 4) | digitOf(digits.charCodeAt(at + 1));
    }
    this.length = length;
  }

  /** Text in UTF-8. @returns how many bytes it has */
  text(text: string): number {
    const start = this.length;
    const bytes = this.#bytes;
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at);
      if (unit > 0x7f) {
        this.length = start + bytes.write(text, start);
        return this.length - start;
      }
      bytes[start + at] = unit;
    }
    this.length = start + text.length;
    return text.length;
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

/** Of a digit that is one: digits 0 to 9, letters a to f. */
function digitOf(code: number): number {
  return code < 0x3a ? code - 0x30 : code - 0x57;
}
