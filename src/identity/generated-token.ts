/** The token of a gateway whose rules have no principals: made at the first start over HTTP, kept in a file (docs/identity.md). */
import { hash, randomBytes } from 'node:crypto';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import { cannotWrite } from '../shared/cannot-write.ts';
import { GatewayError } from '../shared/errors.ts';
import { makeFolder } from '../shared/make-folder.ts';
import { systemCode } from '../shared/system-code.ts';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
/** 256 bits in base 62. */
const SECRET_LENGTH = 43;
const CHECKSUM_LENGTH = 6;

/** `amg_`, 256 random bits and a checksum in base 62, so that secret scanners can find and verify one. */
export function createToken(): string {
  const secret = base62(BigInt(`0x${randomBytes(32).toString('hex')}`), SECRET_LENGTH);
  return `amg_${secret}${checksum(secret)}`;
}

function checksum(secret: string): string {
  const digest = hash('sha256', secret, 'hex');
  return base62(BigInt(`0x${digest.slice(0, 8)}`), CHECKSUM_LENGTH);
}

function base62(value: bigint, length: number): string {
  let text = '';
  for (let rest = value; text.length < length; rest /= 62n) text = ALPHABET.charAt(Number(rest % 62n)) + text;
  return text;
}

/** Lower-case hex SHA-256 of a whole token: what the rules and comparisons hold. */
export function tokenHash(token: string): string {
  return hash('sha256', token, 'hex');
}

/** A longer one is nobody's; JWTs with many claims stay under it. */
const MAX_TOKEN_LENGTH = 8192;

/** The form of a token that could be one of ours or of the rules: 32 or more visible ASCII characters. */
export function isTokenShaped(token: string): boolean {
  return token.length <= MAX_TOKEN_LENGTH && /^[\x21-\x7e]{32,}$/.test(token);
}

const WITHOUT_FILE = 'list principals with tokens of their own in the rules ("agent-mcp-gateway token create")';

export interface GeneratedToken {
  readonly token: string;
  /** By this start. */
  readonly created: boolean;
  /** Others could read or write the file until now. */
  readonly wasOpen: boolean;
}

/**
 * Reads the generated token, or makes one on the first start.
 * @throws GatewayError CONFIG_INVALID where the file exists but holds no token, or is open to others; CANNOT_WRITE
 */
export function loadOrCreateToken(file: string): GeneratedToken {
  const fresh = createToken();
  try {
    makeFolder(dirname(file));
    writeFileSync(file, `${fresh}\n`, { mode: 0o600, flag: 'wx' });
    return { token: fresh, created: true, wasOpen: false };
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw cannotWrite(file, error, WITHOUT_FILE);
  }
  const wasOpen = closeToOthers(file);
  const token = readFileSync(file, 'utf8').trim();
  if (isTokenShaped(token)) return { token, created: false, wasOpen };
  throw new GatewayError(
    'CONFIG_INVALID',
    `${file} does not hold a token: delete it, and the next start makes a new one.`,
  );
}

/** @returns whether it was open. @throws GatewayError CONFIG_INVALID where it stays so */
function closeToOthers(file: string): boolean {
  if (process.platform === 'win32' || (statSync(file).mode & 0o077) === 0) return false;
  try {
    chmodSync(file, 0o600);
    return true;
  } catch {
    throw new GatewayError(
      'CONFIG_INVALID',
      `${file} can be read or written by others, and this account cannot change that: delete it, and the next start makes a new token.`,
    );
  }
}
