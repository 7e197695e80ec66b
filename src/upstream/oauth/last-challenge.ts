/** The last words of a server about the sign-in that it needs. */
import { GatewayError } from '../../shared/errors.ts';
import { type Challenge, unionOf } from './www-authenticate.ts';

export class LastChallenge {
  readonly #server: string;
  /** Scopes that the entry prescribes, separated by spaces. */
  readonly #configured: string | undefined;
  #challenge: Challenge | undefined;

  /** @param scopes of the entry; undefined where it has none. */
  constructor(server: string, scopes: readonly string[] | undefined) {
    this.#server = server;
    this.#configured = scopes?.join(' ');
  }

  /** @param challenge undefined where the server refused and said nothing. */
  replace(challenge: Challenge | undefined): void {
    this.#challenge = challenge;
  }

  /** Address of what the server says about itself (RFC 9728). */
  get resourceMetadata(): string | undefined {
    return this.#challenge?.resourceMetadata;
  }

  /** True where the server asks for a proof of possession. */
  get isForProof(): boolean {
    return this.#challenge?.isForProof === true;
  }

  /**
   * Scopes for a person to agree to: those of the entry, or what the server said it needs and what was asked for before.
   * Undefined where nobody said anything.
   */
  scopeToAskFor(before: string | undefined): string | undefined {
    const scope = this.#challenge?.scope;
    if (this.#challenge?.error === 'insufficient_scope') return unionOf(this.#configured, before, scope);
    return this.#configured ?? unionOf(before, scope);
  }

  /** The scopes of the entry, those that were asked for before, and those that the server said it needs. */
  allScopes(before: string | undefined): string | undefined {
    return unionOf(this.#configured, before, this.#challenge?.scope);
  }

  /**
   * AUTH_REQUIRED, as the owner of the gateway can act on it. The challenge goes along: another process may do what is needed.
   * @param why goes on from the name of the server.
   */
  signInRequired(why = 'nobody is signed in to it'): GatewayError {
    const server = this.#server;
    return new GatewayError(
      'AUTH_REQUIRED',
      `Server "${server}" needs a sign-in: ${why}. Its owner can do that with: agent-mcp-gateway auth login ${server}`,
      { data: { server, why, challenge: this.#challenge } },
    );
  }
}
