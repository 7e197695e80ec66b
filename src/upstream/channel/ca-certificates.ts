/** Certificate authorities besides those that Node knows: of `SSL_CERT_FILE`, and of the entry of a server. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { isDeepStrictEqual } from 'node:util';
import { GatewayError } from '../../shared/errors.ts';
import { systemCode } from '../../shared/system-code.ts';

interface Kept {
  readonly pems: readonly string[];
  readonly context: SecureContext;
}

/** The last context of the same files: making one of the authorities of a whole system takes a tenth of a second. */
const kept = new Map<string, Kept>();

/**
 * The context that checks connections; undefined where Node's own way will do. It is the same one until a file changes.
 * @param ca path to a PEM file, as the entry of a server says
 * @throws GatewayError CONFIG_INVALID where a file cannot be used
 */
export function secureContextFor(
  ca: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): SecureContext | undefined {
  const { SSL_CERT_FILE: own, NODE_EXTRA_CA_CERTS: extra } = env;
  const files: File[] = [];
  if (own) files.push({ what: 'SSL_CERT_FILE', path: own });
  if (ca !== undefined) files.push({ what: '"ca" of the entry', path: ca });
  if (files.length === 0) return undefined;
  // Node adds these itself, but not to a list of ours; a file that cannot be read it passes over.
  const pems = [...files.map(textOf), ...(extra ? [textOrNothing(extra)] : [])];
  const key = JSON.stringify(files);
  const before = kept.get(key);
  if (before !== undefined && isDeepStrictEqual(before.pems, pems)) return before.context;
  for (const [at, file] of files.entries()) checkPem(file, pems[at] ?? '');
  const context = createSecureContext({ ca: [...rootCertificates, ...pems] });
  kept.set(key, { pems, context });
  return context;
}

interface File {
  readonly what: string;
  readonly path: string;
}

function textOf(file: File): string {
  try {
    return readFileSync(file.path, 'utf8');
  } catch (error) {
    throw unusable(file, `cannot be read (${systemCode(error) ?? 'unknown'})`);
  }
}

function checkPem(file: File, pem: string): void {
  try {
    createSecureContext({ ca: pem });
    if (/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/.test(pem)) return;
  } catch {
    // OpenSSL says less than that.
  }
  throw unusable(file, 'holds no certificate in PEM');
}

function textOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function unusable({ what, path }: File, why: string): GatewayError {
  return new GatewayError('CONFIG_INVALID', `The file of ${what}, ${path}, ${why}: correct the path or the file.`);
}
