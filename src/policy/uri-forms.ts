import { parseUrl } from '../shared/parse-url.ts';

/** Other spellings of a URI that a server may take for the same resource: a rule that denies one of them denies them all. */

const MAX_ROUNDS = 6;
/** Some file systems leave these out. */
const INVISIBLE = /\p{Default_Ignorable_Code_Point}+/gu;

/**
 * The normal form of a URI (WHATWG, needless percent-encoding decoded) and what is left of it without query, fragment, port,
 * user, the dot that ends a host, the host of a file, parameters of segments, repeated slashes and trailing slashes; and what that
 * looks like. Pure; linear in the length of the URI.
 * @returns none that equals the URI itself.
 */
export function otherFormsOf(uri: string): readonly string[] {
  const normal = normalForm(uri);
  const forms = new Set<string>([normal]);
  const url = parseUrl(normal);
  if (url !== undefined) {
    const start = url.protocol + authorityOf(url, normal);
    const path = decodePrintable(url.pathname).replace(/\/{2,}/g, '/');
    const bare = start + path;
    forms.add(bare + decodePrintable(url.search)).add(bare);
    forms.add(bare.replace(/(?<=[^/])\/$/, ''));
    forms.add(start + path.replace(/;[^/]*/g, ''));
  }
  for (const form of [...forms]) {
    const text = decodeText(form);
    forms.add(text).add(text.normalize('NFKC').replace(INVISIBLE, ''));
  }
  forms.delete(uri);
  return [...forms];
}

/** Programs that read files leave the host of their URIs aside. */
function authorityOf({ protocol, hostname }: URL, normal: string): string {
  if (!normal.startsWith('//', protocol.length)) return '';
  return protocol === 'file:' ? '//' : `//${hostname.toLowerCase().replace(/\.$/, '')}`;
}

function normalForm(uri: string): string {
  let form = uri;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = decodePrintable(parseUrl(form)?.href ?? form);
    if (next === form) break;
    form = next;
  }
  return form;
}

/** Decodes escapes of visible ASCII characters; writes the others in capitals. */
function decodePrintable(text: string): string {
  return text.replace(/%[0-9A-Fa-f]{2}/g, (escaped) => {
    const code = Number.parseInt(escaped.slice(1), 16);
    return code > 0x20 && code < 0x7f ? String.fromCharCode(code) : escaped.toUpperCase();
  });
}

function decodeText(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
