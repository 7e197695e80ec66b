/** Other spellings of a URI that a server may take for the same resource: a rule that denies one of them denies them all. */

const MAX_ROUNDS = 6;

/**
 * The normal form of a URI (WHATWG, needless percent-encoding decoded) and what is left of it without query, fragment, port,
 * user, repeated slashes and trailing slashes. Pure; linear in the length of the URI.
 * @returns none that equals the URI itself.
 */
export function otherFormsOf(uri: string): readonly string[] {
  const normal = normalForm(uri);
  const forms = new Set<string>([normal]);
  const url = parse(normal);
  if (url !== undefined) {
    const authority = normal.slice(url.protocol.length).startsWith('//') ? `//${url.hostname.toLowerCase()}` : '';
    const path = decodePrintable(url.pathname).replace(/\/{2,}/g, '/');
    const bare = `${url.protocol}${authority}${path}`;
    forms.add(bare + decodePrintable(url.search)).add(bare);
    forms.add(bare.replace(/(?<=[^/])\/$/, ''));
  }
  for (const form of [...forms]) forms.add(decodeText(form));
  forms.delete(uri);
  return [...forms];
}

function normalForm(uri: string): string {
  let form = uri;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const next = decodePrintable(parse(form)?.href ?? form);
    if (next === form) break;
    form = next;
  }
  return form;
}

function parse(uri: string): URL | undefined {
  return URL.canParse(uri) ? new URL(uri) : undefined;
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
