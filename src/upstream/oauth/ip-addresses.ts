/** Tells IP addresses on the public internet from those of this machine and of networks that only insiders reach. */
import { isIPv4, isIPv6 } from 'node:net';

/** Not globally reachable (IANA IPv4 Special-Purpose Address Registry), multicast, reserved; and one platform's metadata. */
const SPECIAL_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/3',
  // Azure answers its virtual machines here, metadata included.
  '168.63.129.16/32',
].map(v4Block);

/** The only block that is handed out for the internet (IANA IPv6 Address Space), */
const GLOBAL_V6 = v6Block('2000::/3');

/** less what is inside it for protocols, Teredo included, for examples, and for 6to4. */
const SPECIAL_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'].map(v6Block);

/** An IPv4 address in the last 32 bits: mapped (RFC 4291) and NAT64 (RFC 6052). */
const CARRIES_V4 = ['::ffff:0:0/96', '64:ff9b::/96'].map(v6Block);

const LOOPBACK_V4 = v4Block('127.0.0.0/8');
const LOOPBACK_V6 = v6Block('::1/128');

/** True for an address on the public internet. What is not an address, or has a zone, is not. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return isPublicV4(parseV4(address));
  if (!isIPv6(address) || address.includes('%')) return false;
  const value = parseV6(address);
  if (CARRIES_V4.some((block) => within(value, block))) return isPublicV4(value & 0xffff_ffffn);
  return within(value, GLOBAL_V6) && !SPECIAL_V6.some((block) => within(value, block));
}

/** True for an address of this machine itself. */
export function isLoopbackAddress(address: string): boolean {
  if (isIPv4(address)) return within(parseV4(address), LOOPBACK_V4);
  return isIPv6(address) && !address.includes('%') && within(parseV6(address), LOOPBACK_V6);
}

function isPublicV4(value: bigint): boolean {
  return !SPECIAL_V4.some((block) => within(value, block));
}

interface Block {
  readonly prefix: bigint;
  /** Bits after the prefix. */
  readonly shift: bigint;
}

function within(value: bigint, { prefix, shift }: Block): boolean {
  return value >> shift === prefix;
}

function v4Block(text: string): Block {
  return blockOf(text, 32, parseV4);
}

function v6Block(text: string): Block {
  return blockOf(text, 128, parseV6);
}

function blockOf(text: string, width: number, parse: (address: string) => bigint): Block {
  const [address = '', bits] = text.split('/');
  const shift = BigInt(width - Number(bits));
  return { prefix: parse(address) >> shift, shift };
}

function parseV4(address: string): bigint {
  return address.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

function parseV6(address: string): bigint {
  // The URL parser writes a dotted end as two groups.
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1);
  const [head = [], tail = []] = canonical.split('::').map((part) => (part === '' ? [] : part.split(':')));
  const groups = [...head, ...Array<string>(8 - head.length - tail.length).fill('0'), ...tail];
  return groups.reduce((value, group) => (value << 16n) | BigInt(`0x${group}`), 0n);
}
