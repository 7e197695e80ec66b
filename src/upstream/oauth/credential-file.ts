/** The text of a file that stores one credential: encrypted, but for what it is about, so that it can be listed without the key. */
import { createHash } from 'node:crypto';
import { seal, unseal } from '../../config/encryption.ts';
import type { SecretKey } from '../../config/secret-key.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { CredentialKey } from './credential-contract.ts';

/** As it is in the file. */
interface Envelope extends Pick<CredentialKey, 'issuer' | 'resource'> {
  readonly version: 1;
  /** The owner. */
  readonly principal: string;
  /** `id` of the secret key. */
  readonly key: string;
  readonly data: string;
}

/** Names of files that store credentials. */
export const CREDENTIAL_FILE = /^[0-9a-f]{64}\.json$/;

/** The name of the file of a credential. */
export function credentialFileName(key: CredentialKey): string {
  return `${createHash('sha256').update(subjectOf(key)).digest('hex')}.json`;
}

/** Encrypts a credential. @returns the text of its file */
export function sealCredential(key: CredentialKey, value: unknown, secretKey: SecretKey): string {
  const { issuer, resource, owner } = key;
  const data = seal(secretKey.bytes, JSON.stringify(value), subjectOf(key));
  const envelope: Envelope = { version: 1, issuer, resource, principal: owner, key: secretKey.id, data };
  return `${JSON.stringify(envelope)}\n`;
}

/**
 * Decrypts a credential.
 * @param path of the file, for the error.
 * @throws GatewayError CREDENTIALS_UNREADABLE where it is damaged, of something else, or was encrypted with another key
 */
export async function unsealCredential(
  path: string,
  text: string,
  key: CredentialKey,
  getSecretKey: () => Promise<SecretKey>,
): Promise<unknown> {
  const envelope = parseEnvelope(text);
  if (envelope === undefined || subjectOf(keyOf(envelope)) !== subjectOf(key)) throw damagedCredential(path);
  const { bytes, id, source } = await getSecretKey();
  if (id !== envelope.key) throw encryptedOtherwise(path, source);
  const value = unseal(bytes, envelope.data, subjectOf(key));
  if (value === undefined) throw damagedCredential(path);
  return JSON.parse(value);
}

/** Reads without the key what a file is about. @returns undefined for a file that is damaged, or under the name of another one */
export function readCredentialKey(fileName: string, text: string): CredentialKey | undefined {
  const envelope = parseEnvelope(text);
  const key = envelope && keyOf(envelope);
  return key !== undefined && credentialFileName(key) === fileName ? key : undefined;
}

function keyOf({ issuer, resource, principal }: Envelope): CredentialKey {
  return { issuer, resource, owner: principal };
}

const AGAIN = 'remove that file and sign in again with "agent-mcp-gateway auth login"';

/** CREDENTIALS_UNREADABLE of a file that is not as it was written. */
export function damagedCredential(path: string): GatewayError {
  return new GatewayError('CREDENTIALS_UNREADABLE', `The stored sign-in ${path} is damaged: ${AGAIN}.`);
}

function encryptedOtherwise(path: string, source: string): GatewayError {
  return new GatewayError(
    'CREDENTIALS_UNREADABLE',
    `The stored sign-in ${path} was encrypted with another key than ${source}. Put that key back, or ${AGAIN}.`,
  );
}

/** Names the file, and is what the ciphertext is bound to: no file can stand in for another one. */
function subjectOf({ issuer, resource, owner }: CredentialKey): string {
  return JSON.stringify([issuer, resource, owner]);
}

function parseEnvelope(text: string): Envelope | undefined {
  try {
    const { version, issuer, resource, principal, key, data } = JSON.parse(text) as Partial<Record<string, unknown>>;
    if (version !== 1 || typeof issuer !== 'string' || typeof resource !== 'string') return undefined;
    if (typeof principal !== 'string' || typeof key !== 'string' || typeof data !== 'string') return undefined;
    return { version, issuer, resource, principal, key, data };
  } catch {
    return undefined;
  }
}
