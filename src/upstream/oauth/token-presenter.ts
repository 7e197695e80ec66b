/** Presents the token of one principal to one server: as it is, or with a proof for each request. */
import type { AuthorizationHeaders, ProvenRequest } from '../channel/authorization.ts';
import type { ProofKey, Tokens } from './credential.ts';
import type { ProofSession } from './proof-session.ts';

export class TokenPresenter {
  /** The key of the last token that was bound to one. */
  #session: ProofSession | undefined;

  /** Without waiting where it is a bearer token (RFC 6750, section 2.1). */
  headers(tokens: Tokens, request: ProvenRequest, server: URL): AuthorizationHeaders | Promise<AuthorizationHeaders> {
    const { access, proofKey } = tokens;
    if (proofKey === undefined) return { authorization: authorizationOf(tokens) };
    return this.#sessionOf(proofKey).then((session) => session.headers(access, request, server));
  }

  /** @returns false where no token was bound to a key. */
  takeNonce(nonce: string, server: URL): boolean {
    this.#session?.dpop.rememberNonce(server, nonce);
    return this.#session !== undefined;
  }

  async #sessionOf(key: ProofKey): Promise<ProofSession> {
    if (this.#session?.key.d === key.d) return this.#session;
    // Loaded by the first token of this kind: few are.
    const { ProofSession } = await import('./proof-session.ts');
    this.#session = await ProofSession.resume(key);
    return this.#session;
  }
}

/** The `Authorization` header of a token. */
export function authorizationOf({ access, proofKey }: Tokens): string {
  return `${proofKey === undefined ? 'Bearer' : 'DPoP'} ${access}`;
}
