/** Protocol Buffers as text in which each character stands for one byte, since pieces of text are put together without being copied. */

const VARINT = 0;
const FIXED64 = 1;
const LENGTH = 2;
const ASCII = /^[\0-\x7f]*$/;
const scratch = Buffer.alloc(8);

/** @param value a whole number that is not negative */
function varint(value: number): string {
  let rest = value;
  let text = '';
  while (rest > 0x7f) {
    text += String.fromCharCode((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return text + String.fromCharCode(rest);
}

function tag(field: number, type: number): string {
  return varint(field * 8 + type);
}

/** The beginning of a message, or of bytes, as a field. @param length in bytes */
export function lengthOf(field: number, length: number): string {
  return tag(field, LENGTH) + varint(length);
}

/** A message, or bytes, as a field. */
export function bytesField(field: number, bytes: string): string {
  return lengthOf(field, bytes.length) + bytes;
}

export function textField(field: number, text: string): string {
  return bytesField(field, ASCII.test(text) ? text : Buffer.from(text).toString('latin1'));
}

export function varintField(field: number, value: number): string {
  return tag(field, VARINT) + varint(value);
}

export function fixed64Field(field: number, value: bigint): string {
  return tag(field, FIXED64) + fixed64(value);
}

export function doubleField(field: number, value: number): string {
  return tag(field, FIXED64) + double(value);
}

export function fixed64(value: bigint): string {
  scratch.writeBigUInt64LE(value);
  return scratch.toString('latin1');
}

export function double(value: number): string {
  scratch.writeDoubleLE(value);
  return scratch.toString('latin1');
}
