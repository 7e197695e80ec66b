/** Proof that whoever sends a token holds the key that it is bound to (DPoP: RFC 9449, and the MCP extension of that name). */
import { createHash } from 'node:crypto';
import { DpopSession, generateDpopKeyPair } from '@modelcontextprotocol/client';
import { calculateJwkThumbprint, exportJWK, importJWK, type JWK, SignJWT } from 'jose';
import type { AuthorizationHeaders, ProvenRequest } from '../channel/authorization.ts';
import type { ProofKey } from './credential.ts';

/** The algorithm of the keys that the gateway makes. */
export const PROOF_ALGORITHM = 'ES256';

type PrivateKey = Exclude<Awaited<ReturnType<typeof importJWK>>, Uint8Array>;

/** One key, and the nonces that servers want to see in its proofs. */
export class ProofSession {
  /** The private key, as it is stored. */
  readonly key: ProofKey;
  /** The same for requests to the token endpoint. */
  readonly dpop: DpopSession;
  readonly #privateKey: PrivateKey;

  private constructor(key: ProofKey, dpop: DpopSession, privateKey: PrivateKey) {
    this.key = key;
    this.dpop = dpop;
    this.#privateKey = privateKey;
  }

  /** A session with a key of its own. */
  static async begin(): Promise<ProofSession> {
    const keyPair = await generateDpopKeyPair({ alg: PROOF_ALGORITHM, extractable: true });
    const { crv = '', x = '', y = '', d = '' } = await exportJWK(keyPair.privateKey);
    const dpop = await DpopSession.create({ keyPair });
    return new ProofSession({ kty: 'EC', crv, x, y, d }, dpop, keyPair.privateKey);
  }

  /** A session with a key that was stored. @throws what jose throws for a key that is none */
  static async resume(key: ProofKey): Promise<ProofSession> {
    const { kty, crv, x, y } = key;
    const publicJwk: JWK = { kty, crv, x, y };
    const [privateKey, publicKey, thumbprint] = await Promise.all([
      importJWK({ kty, crv, x, y, d: key.d }, PROOF_ALGORITHM),
      importJWK(publicJwk, PROOF_ALGORITHM),
      calculateJwkThumbprint(publicJwk, 'sha256'),
    ]);
    if (isSecret(privateKey) || isSecret(publicKey)) throw new TypeError('The key is a symmetric one.');
    const keyPair = { privateKey, publicKey, publicJwk, thumbprint, alg: PROOF_ALGORITHM } as const;
    return new ProofSession(key, await DpopSession.create({ keyPair }), privateKey);
  }

  /** The token and a fresh proof for one request to the MCP server, which is bound to its body (MCP extension, `content_digest`). */
  async headers(access: string, { method, path, body }: ProvenRequest, server: URL): Promise<AuthorizationHeaders> {
    const url = path === undefined ? server : new URL(path, server);
    const nonce = this.dpop.nonceFor(url);
    const proof = await new SignJWT({
      htm: method,
      htu: url.origin + url.pathname,
      ath: digest('base64url', access),
      ...(body === undefined ? {} : { content_digest: `sha-256=:${digest('base64', body)}:` }),
      ...(nonce === undefined ? {} : { nonce }),
    })
      .setProtectedHeader({ alg: PROOF_ALGORITHM, typ: 'dpop+jwt', jwk: this.dpop.publicJwk })
      .setJti(crypto.randomUUID())
      .setIssuedAt()
      .sign(this.#privateKey);
    return { authorization: `DPoP ${access}`, dpop: proof };
  }
}

function digest(encoding: 'base64' | 'base64url', text: string | Buffer): string {
  return createHash('sha256').update(text).digest(encoding);
}

function isSecret(key: PrivateKey | Uint8Array): key is Uint8Array {
  return key instanceof Uint8Array;
}
