import { expect, it } from 'vitest';
import { callFilter } from './call-filter.ts';

const X64 = 0xc000003e;
const ARM64 = 0xc00000b7;
const ALLOWED = 0x7fff0000;
const REFUSED = 0x00050001;
const NO_FAMILY = 0x00050061;

/** Runs a program of the kernel's old packet filter, as far as ours uses it. */
function judge(processor: string, architecture: number, call: number, argument = 0): number {
  const program = callFilter(processor);
  if (program === undefined) throw new Error('no program');
  const data = new Map([
    [0, call],
    [4, architecture],
    [16, argument],
  ]);
  let loaded = 0;
  for (let at = 0; ; at++) {
    const code = program.readUInt16LE(at * 8);
    const value = program.readUInt32LE(at * 8 + 4);
    if (code === 0x06) return value;
    if (code === 0x20) loaded = data.get(value) ?? -1;
    else {
      const isSo = code === 0x15 ? loaded === value : loaded >= value;
      at += program.readUInt8(at * 8 + (isSo ? 2 : 3));
    }
  }
}

it('lets ordinary calls through', () => {
  for (const call of [0, 1, 2, 9, 56, 59, 231, 257, 435]) expect(judge('x64', X64, call), `${call}`).toBe(ALLOWED);
  for (const call of [56, 63, 64, 220, 221, 435]) expect(judge('arm64', ARM64, call), `${call}`).toBe(ALLOWED);
});

it.each([
  ['ptrace', 101, 117],
  ['mount', 165, 40],
  ['keyctl', 250, 219],
  ['bpf', 321, 280],
  ['unshare', 272, 97],
  ['io_uring_setup', 425, 425],
  ['mount_setattr', 442, 442],
])('refuses %s', (_, x64, arm64) => {
  expect(judge('x64', X64, x64)).toBe(REFUSED);
  expect(judge('arm64', ARM64, arm64)).toBe(REFUSED);
});

it('makes sockets of known families alone', () => {
  for (const family of [1, 2, 10, 16]) expect(judge('x64', X64, 41, family)).toBe(ALLOWED);
  for (const family of [17, 38, 40]) {
    expect(judge('x64', X64, 41, family)).toBe(NO_FAMILY);
    expect(judge('arm64', ARM64, 198, family)).toBe(NO_FAMILY);
  }
});

it('refuses every call of another interface of the same processor', () => {
  expect(judge('x64', 0x40000003, 1)).toBe(REFUSED);
  expect(judge('x64', X64, 0x40000001)).toBe(REFUSED);
  expect(callFilter('mips')).toBeUndefined();
});
