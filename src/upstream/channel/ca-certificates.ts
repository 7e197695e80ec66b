/** Certificate authorities besides those that Node knows: of `SSL_CERT_FILE`, and of the entry of a server. */
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { GatewayError } from '../../shared/errors.ts';
import { systemCode } from '../../shared/system-code.ts';

/**
 * The context that checks connections; undefined where Node's own way will do.
 * @param ca path to a PEM file, as the entry of a server says
 * @throws GatewayError CONFIG_INVALID where a file cannot be used
 */
export function secureContextFor(
  ca: string | undefined,
  env: NodeJS.ProcessEnv = process.env,
): SecureContext | undefined {
  const { SSL_CERT_FILE: own, NODE_EXTRA_CA_CERTS: extra } = env;
  const files = [...(own ? [['SSL_CERT_FILE', own]] : []), ...(ca === undefined ? [] : [['"ca" of the entry', ca]])];
  if (files.length === 0) return undefined;
  // Node adds these itself, but not to a list of ours; a file that cannot be read it passes over.
  const others = extra ? [pemOrNothing(extra)] : [];
  const pems = files.map(([what = '', path = '']) => pemOf(what, path));
  return createSecureContext({ ca: [...rootCertificates, ...others, ...pems] });
}

function pemOf(what: string, path: string): string {
  try {
    const pem = readFileSync(path, 'utf8');
    createSecureContext({ ca: pem });
    if (/-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/.test(pem)) return pem;
  } catch (error) {
    const code = systemCode(error);
    if (code !== undefined && /^E[A-Z]+$/.test(code)) throw unusable(what, path, `cannot be read (${code})`);
  }
  throw unusable(what, path, 'holds no certificate in PEM');
}

function pemOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function unusable(what: string, path: string, why: string): GatewayError {
  return new GatewayError('CONFIG_INVALID', `The file of ${what}, ${path}, ${why}: correct the path or the file.`);
}
