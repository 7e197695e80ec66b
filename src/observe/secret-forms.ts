/** The forms in which a secret can stand in something that is written. Pure. */
import { Buffer } from 'node:buffer';

/** Shorter values have no other forms: too much would look like them. Counted in UTF-16 code units. */
export const MIN_SECRET = 6;
/** Lines of a secret of several lines (a PEM key, say) count by themselves from this length on. */
const MIN_LINE = 20;
const SCHEME = /^(?:bearer|basic|token|apikey)[ \t]+(\S.*)$/i;

/** All forms of one secret value, each at least `MIN_SECRET` long. None for a value that is too short. */
export function secretForms(value: string): Set<string> {
  const forms = new Set<string>();
  for (const part of partsOf(value.trim())) {
    addForms(forms, part);
  }
  return forms;
}

/** The value, and what is a secret within it: the credential after its scheme, the lines of a key. */
function partsOf(value: string): string[] {
  const parts = [value];
  const credential = SCHEME.exec(value)?.[1];
  if (credential !== undefined) parts.push(credential);
  if (value.includes('\n')) parts.push(...value.split(/\r?\n/).filter((line) => line.trim().length >= MIN_LINE));
  return parts.filter((part) => part.length >= MIN_SECRET);
}

function addForms(forms: Set<string>, value: string): void {
  const escaped = JSON.stringify(value).slice(1, -1);
  forms.add(value).add(escaped);
  // A JSON text inside a JSON string, as in the text block of a tool result.
  forms.add(JSON.stringify(escaped).slice(1, -1));
  for (const encoded of urlForms(value)) {
    forms.add(encoded).add(encoded.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase()));
  }
  const bytes = Buffer.from(value, 'utf8');
  for (let shift = 0; shift < 3; shift++) {
    const core = base64Core(bytes, shift);
    if (core.length < MIN_SECRET) continue;
    forms.add(core).add(core.replaceAll('+', '-').replaceAll('/', '_'));
  }
}

function urlForms(value: string): string[] {
  try {
    const component = encodeURIComponent(value);
    return [component, component.replaceAll('%20', '+'), encodeURI(value)];
  } catch {
    // Lone surrogates have no URL form.
    return [];
  }
}

/**
 * The bytes inside a longer text in base64, when `shift` bytes (modulo 3) stand before them: only the
 * characters that do not depend on what is around them.
 */
function base64Core(bytes: Buffer, shift: number): string {
  const text = Buffer.concat([Buffer.alloc(shift), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const first = shift === 0 ? 0 : shift + 1;
  const rest = (shift + bytes.length) % 3;
  return text.slice(first, rest === 0 ? undefined : -1);
}
