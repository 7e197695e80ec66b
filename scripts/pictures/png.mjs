/** Pictures of pages, small: few colours, and of a recording only what changes from one frame to the next. */
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
/** The place of a pixel in the palette that stays as it was. */
const SAME = 255;

/** @param {Buffer} file of 8 bits per channel, as browsers write it */
function decode(file) {
  const data = [];
  let [width, height, channels] = [0, 0, 0];
  for (let at = SIGNATURE.length; at < file.length; ) {
    const length = file.readUInt32BE(at);
    const type = file.toString('latin1', at + 4, at + 8);
    const body = file.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') {
      [width, height] = [body.readUInt32BE(0), body.readUInt32BE(4)];
      channels = body[9] === 6 ? 4 : 3;
    } else if (type === 'IDAT') data.push(body);
    at += 12 + length;
  }
  return { width, height, pixels: unfiltered(inflateSync(Buffer.concat(data)), width * channels, channels) };
}

/** Colours as numbers, row by row. */
function unfiltered(rows, stride, channels) {
  const pixels = new Uint32Array((rows.length / (stride + 1)) * (stride / channels));
  let above = Buffer.alloc(stride);
  let next = 0;
  for (let at = 0; at < rows.length; at += stride + 1) {
    const row = Buffer.from(rows.subarray(at + 1, at + 1 + stride));
    for (let x = 0; x < stride; x++) {
      const [left, up, corner] = [row[x - channels] ?? 0, above[x], above[x - channels] ?? 0];
      row[x] += [0, left, up, (left + up) >> 1, paeth(left, up, corner)][rows[at]];
    }
    for (let x = 0; x < stride; x += channels) pixels[next++] = (row[x] << 16) | (row[x + 1] << 8) | row[x + 2];
    above = row;
  }
  return pixels;
}

function paeth(left, up, corner) {
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

/** The colours that are used most, and for each other one the nearest of them. */
function paletteOf(frames) {
  const counts = new Map();
  for (const { pixels } of frames) for (const colour of pixels) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const colours = [...counts].sort((one, other) => other[1] - one[1]).map(([colour]) => colour);
  const palette = colours.slice(0, SAME);
  const places = new Map(palette.map((colour, place) => [colour, place]));
  for (const colour of colours.slice(SAME)) {
    const distances = palette.map((other) => distance(colour, other));
    places.set(colour, distances.indexOf(Math.min(...distances)));
  }
  return { palette, places };
}

function distance(one, other) {
  return [16, 8, 0].reduce((sum, shift) => sum + (((one >> shift) & 255) - ((other >> shift) & 255)) ** 2, 0);
}

function chunk(type, body) {
  const named = Buffer.concat([Buffer.from(type, 'latin1'), body]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(body.length);
  check.writeUInt32BE(crc32(named));
  return Buffer.concat([length, named, check]);
}

function numbers(...values) {
  const bytes = Buffer.alloc(values.length * 4);
  for (const [at, value] of values.entries()) bytes.writeUInt32BE(value, at * 4);
  return bytes;
}

/** The part of a frame that is not as before, with what stays left open. */
function changed(indices, before, width, height) {
  let [left, top, right, bottom] = [width, height, 0, 0];
  for (let at = 0; at < indices.length; at++) {
    if (indices[at] === before[at]) continue;
    const [x, y] = [at % width, Math.floor(at / width)];
    [left, right, top, bottom] = [Math.min(left, x), Math.max(right, x + 1), Math.min(top, y), Math.max(bottom, y + 1)];
  }
  if (right === 0) [left, top, right, bottom] = [0, 0, 1, 1];
  return { left, top, width: right - left, height: bottom - top };
}

function packed(indices, before, width, { left, top, width: across, height }) {
  const rows = Buffer.alloc((across + 1) * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < across; x++) {
      const at = (top + y) * width + left + x;
      rows[y * (across + 1) + 1 + x] = before !== undefined && indices[at] === before[at] ? SAME : indices[at];
    }
  }
  return deflateSync(rows, { level: 9, memLevel: 9 });
}

/**
 * One picture, or an animated one that goes on and on.
 * @param {{file: Buffer, ms: number}[]} shots
 */
export function picture(shots) {
  const frames = shots.map(({ file, ms }) => ({ ...decode(file), ms }));
  const { palette, places } = paletteOf(frames);
  const [{ width, height }] = frames;
  const parts = [SIGNATURE, chunk('IHDR', Buffer.concat([numbers(width, height), Buffer.from([8, 3, 0, 0, 0])]))];
  if (frames.length > 1) parts.push(chunk('acTL', numbers(frames.length, 0)));
  const colours = palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]);
  parts.push(chunk('PLTE', Buffer.from([...colours, ...Array((SAME + 1) * 3 - colours.length).fill(0)])));
  parts.push(chunk('tRNS', Buffer.from([...Array(SAME).fill(255), 0])));
  let before;
  let sequence = 0;
  for (const { pixels, ms } of frames) {
    const indices = Uint8Array.from(pixels, (colour) => places.get(colour));
    const box = before === undefined ? { left: 0, top: 0, width, height } : changed(indices, before, width, height);
    const data = packed(indices, before, width, box);
    if (frames.length > 1) {
      const times = Buffer.from([ms >> 8, ms & 255, 1000 >> 8, 1000 & 255, 0, before === undefined ? 0 : 1]);
      parts.push(chunk('fcTL', Buffer.concat([numbers(sequence++, box.width, box.height, box.left, box.top), times])));
    }
    parts.push(before === undefined ? chunk('IDAT', data) : chunk('fdAT', Buffer.concat([numbers(sequence++), data])));
    before = indices;
  }
  return Buffer.concat([...parts, chunk('IEND', Buffer.alloc(0))]);
}
