/** A document that cannot be used. */
export class ApiFault extends Error {
  /** The advice, without a full stop. */
  readonly fix: string;
  /** The field of the `openapi` entry at fault; undefined for the document. */
  readonly at: readonly (string | number)[] | undefined;
  /** The place in the document, both from 1 on; undefined where it is in none, or not known. */
  readonly place: { readonly line: number; readonly column: number } | undefined;

  /** @param message the end of a sentence that begins with the document */
  constructor(message: string, fix: string, extras: Partial<Pick<ApiFault, 'at' | 'place'>> = {}) {
    super(message);
    this.fix = fix;
    this.at = extras.at;
    this.place = extras.place;
  }
}
