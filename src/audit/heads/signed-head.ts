/**
 * The heads of chains, signed: how far each writer had got at a time. Whoever keeps one elsewhere sees later whether the end of the log was
 * cut off, or all of it written anew.
 *
 * A head is a line of JSON that ends in `,"signature":S}`. S is the Ed25519 signature, in base64, of the UTF-8 bytes up to, not
 * including, `,"signature":`.
 */
import { Buffer } from 'node:buffer';
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';

/** The last record of a writer. */
export interface ChainHead {
  readonly writer: string;
  readonly seq: number;
  readonly hash: string;
}

/** The content of a head: how far each writer had got at a time. */
export interface HeadStatement {
  /** ISO 8601. */
  readonly at: string;
  readonly writers: readonly ChainHead[];
}

const BEGIN = '{"type":"audit_head",';
const TAIL = /,"signature":"([A-Za-z0-9+/]{86}==)"\}\s*$/;

/** The line of a head, without its line feed. @param key Ed25519, private */
export function signHead(key: KeyObject, log: string, { at, writers }: HeadStatement): string {
  const text = JSON.stringify({ type: 'audit_head', at, log, key: keyName(key), writers });
  const body = text.slice(0, -1);
  const signature = sign(null, Buffer.from(body), key).toString('base64');
  return `${body},"signature":"${signature}"}`;
}

/** Names a key: the beginning of the SHA-256 of its public half. */
export function keyName(key: KeyObject): string {
  const half = key.type === 'private' ? createPublicKey(key) : key;
  return createHash('sha256')
    .update(half.export({ type: 'spki', format: 'der' }))
    .digest('hex')
    .slice(0, 16);
}

/**
 * Reads a line that somebody kept; a syslog daemon may have put something before it.
 * @returns undefined for a line that is no head, `forged` for one that this key did not sign
 */
export function readSignedHead(key: KeyObject, line: string): HeadStatement | 'forged' | undefined {
  const start = line.indexOf(BEGIN);
  if (start < 0) return undefined;
  const text = line.slice(start);
  const tail = TAIL.exec(text);
  if (tail === null) return 'forged';
  const body = text.slice(0, tail.index);
  const half = key.type === 'private' ? createPublicKey(key) : key;
  const signature = Buffer.from(tail[1] ?? '', 'base64');
  // Base64 has bits to spare, which could be others.
  if (signature.toString('base64') !== tail[1]) return 'forged';
  if (!verify(null, Buffer.from(body), half, signature)) return 'forged';
  return JSON.parse(`${body}}`) as HeadStatement;
}
