import type { Proof } from './proof.ts';

/** The outcome of authenticating a request. `error` is a code of RFC 6750 section 3.1, undefined where no credential came. */
export type Authentication =
  | { readonly kind: 'proven'; readonly proof: Proof }
  | { readonly kind: 'refused'; readonly error: 'invalid_token' | 'insufficient_scope' | undefined };

export const NO_TOKEN: Authentication = { kind: 'refused', error: undefined };
export const INVALID_TOKEN: Authentication = { kind: 'refused', error: 'invalid_token' };
