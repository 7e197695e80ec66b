/** Readings of a text: what a server may make of it before it uses it. */

/** Visible ASCII, without white space around it: there is one way to read it. */
const PLAIN = /^[!-~](?:[ -~]*[!-~])?$/;
const INVISIBLE = /\p{Default_Ignorable_Code_Point}+/gu;

/**
 * The text itself; in its compatibility form (NFKC), without what nobody sees and without white space around it; without the halves of
 * surrogate pairs; and up to a NUL, where programs in C stop. Linear in the length.
 */
export function formsOf(text: string): ReadonlySet<string> | readonly string[] {
  if (hasOneForm(text)) return [text];
  const forms = new Set([text]);
  const whole = wellFormed(text);
  forms.add(whole);
  forms.add(whole.normalize('NFC'));
  forms.add(visibleForm(whole));
  const end = text.indexOf('\0');
  if (end >= 0) forms.add(text.slice(0, end)).add(text.replaceAll('\0', ''));
  return forms;
}

/** True where Unicode has no other way to write the text. */
export function hasOneForm(text: string): boolean {
  return PLAIN.test(text) || text === '';
}

/** The character that writers of UTF-8 put in the place of half a surrogate pair. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\ufffd');
}

/** In compatibility form, without what nobody sees, and without white space around it. */
export function visibleForm(text: string): string {
  return text.normalize('NFKC').replace(INVISIBLE, '').trim();
}
