/** The key that signs heads: a PEM file of the owner. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import fs from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import type { Settings } from '../../config/settings.ts';
import { GatewayError } from '../../shared/errors.ts';
import { makeFolder } from '../../shared/make-folder.ts';
import { readToEnd } from '../../shared/open-to-read.ts';
import { systemCode } from '../../shared/system-code.ts';

const GROUP_AND_OTHERS = 0o077;
const OTHERS = 0o007;

/** The key of this account. */
export function headKeyPath({ auditHeadKey, configDir }: Pick<Settings, 'auditHeadKey' | 'configDir'>): string {
  return auditHeadKey ?? join(configDir, 'audit-head-key.pem');
}

/** The private key; made where there is none. @throws GatewayError USAGE, CANNOT_WRITE */
export function openHeadKey(path: string): KeyObject {
  const pem = readIfThere(path) ?? makeKey(path);
  closeToOthers(path);
  return ed25519(path, () => createPrivateKey(pem));
}

/** Keeps the key to its owner: a key that everybody can read signs for everybody. A group may have been given it, as orchestrators do. @throws GatewayError USAGE */
function closeToOthers(path: string): void {
  const mode = process.platform === 'win32' ? 0 : fs.statSync(path).mode;
  if ((mode & GROUP_AND_OTHERS) === 0) return;
  try {
    fs.chmodSync(path, 0o600);
  } catch {
    if ((mode & OTHERS) === 0) return;
    throw new GatewayError(
      'USAGE',
      `The key ${path} can be read or written by everybody, and this account cannot change that: make a new one, and close it (chmod 600).`,
    );
  }
}

/** A key that checks heads: a public one, or the private one that signed them. @throws GatewayError USAGE */
export function readHeadKey(path: string): KeyObject {
  const pem = readIfThere(path);
  if (pem === undefined)
    throw new GatewayError('USAGE', `There is no key ${path}. Name the one that signed: --key FILE.`);
  // Reads private ones too.
  return ed25519(path, () => createPublicKey(pem));
}

/** The public half as PEM. */
export function publicPem(key: KeyObject): string {
  return String(createPublicKey(key).export({ type: 'spki', format: 'pem' }));
}

function makeKey(path: string): string {
  const pem = String(generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }));
  try {
    makeFolder(dirname(path));
    // Another gateway may make one at the same time: the first counts.
    fs.writeFileSync(path, pem, { mode: 0o600, flag: 'wx' });
    return pem;
  } catch (cause) {
    const other = systemCode(cause) === 'EEXIST' ? readIfThere(path) : undefined;
    if (other !== undefined && other !== '') return other;
    throw new GatewayError(
      'CANNOT_WRITE',
      `The key ${path} cannot be made (${systemCode(cause) ?? 'unknown error'}).`,
      {
        cause,
      },
    );
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readToEnd(path);
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw new GatewayError('USAGE', `The key ${path} cannot be read (${systemCode(cause) ?? 'unknown error'}).`, {
      cause,
    });
  }
}

function ed25519(path: string, read: () => KeyObject): KeyObject {
  try {
    const key = read();
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Said below.
  }
  throw new GatewayError(
    'USAGE',
    `${path} holds no Ed25519 key in PEM: "openssl genpkey -algorithm ed25519" makes one.`,
  );
}
