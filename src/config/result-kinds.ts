/** The kinds of secrets and personal data that results can be cleared of (docs/results.md). */
export const RESULT_KINDS = ['keys', 'private_keys', 'jwts', 'passwords', 'cards', 'ibans', 'emails'] as const;
export type ResultKind = (typeof RESULT_KINDS)[number];

/** The things that the text of results is cleared of. */
export interface ResultTerms {
  readonly stripInvisible: boolean;
  readonly redact: readonly ResultKind[];
}
