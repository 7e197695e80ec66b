/**
 * One text for all that some program compares as equal without regard to case: at least what Unicode's simple folding does, which
 * takes the long s (U+017F) for an s and the Kelvin sign (U+212A) for a k.
 */
export function foldCase(text: string): string {
  if (isAscii(text)) return text.toLowerCase();
  // Both ways: some letters have no upper case of their own, others no lower case. Java takes an I with a dot for an i.
  return text.toLowerCase().toUpperCase().toLowerCase().replaceAll('i\u0307', 'i');
}

function isAscii(text: string): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) > 0x7f) return false;
  return true;
}
