/** The pages of a sign-in: no scripts, nothing that is loaded, nothing that came with the request. */
import type { ServerResponse } from 'node:http';

const HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

const STYLE =
  'body{font:1.1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:15vh auto;padding:0 1rem;color-scheme:light dark}' +
  'button{font:inherit;padding:.4rem 1.2rem}';

/** @param paragraphs plain text. @param form markup of ours */
export function sendPage(
  response: ServerResponse,
  status: number,
  title: string,
  paragraphs: readonly string[],
  form = '',
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = paragraphs.map((text) => `<p>${escapeHtml(text)}</p>`).join('');
  const page =
    `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">` +
    `<title>${escapeHtml(title)}</title><style>${STYLE}</style><h1>${escapeHtml(title)}</h1>${body}${form}</html>`;
  response.writeHead(status, { ...HEADERS, ...headers, 'content-length': Buffer.byteLength(page) });
  response.end(page);
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
