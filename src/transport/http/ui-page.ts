/** The page: one file with its script and its style inside, which are all that a browser may run or load. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { builtProgram } from '../../shared/built-files.ts';
import { GatewayError } from '../../shared/errors.ts';

/** A request for data of the page. */
export interface PageRequest {
  readonly method: string;
  /** The path behind `api/`, with its query. */
  readonly path: string;
  readonly body: unknown;
  /** The person who looks. */
  readonly who: string;
  /** True where they may change something. */
  readonly mayWrite: boolean;
}

/** Follows something. @param send false where whoever reads is behind. @param over told where nothing more comes. @returns ends it */
type Follow = (send: (value: object) => boolean, over: () => void) => () => void;

/** An answer as text, or something that goes on until it is ended. */
export type Told = { readonly status: number; readonly text: string } | { readonly follow: Follow };

/** Headers of everything: it is read by no cache, sniffer, frame or other origin. */
export const HEADERS = {
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const;

export interface Page {
  readonly html: Buffer;
  /** Of its Content-Security-Policy header. */
  readonly policy: string;
}

/** @throws GatewayError INTERNAL where the build has no page */
export function readPage(): Page {
  const path = builtProgram('ui.html');
  if (path === undefined) throw new GatewayError('INTERNAL', 'This build has no page: build it with "npm run build".');
  return uiPageOf(readFileSync(path, 'utf8'));
}

/** @param html with one `<script>` and one `<style>` */
export function uiPageOf(html: string): Page {
  const hashOf = (tag: string): string => {
    const text = new RegExp(`<${tag}(?: [^>]*)?>([^]*?)</${tag}>`).exec(html)?.[1] ?? '';
    return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  };
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf('script')}`,
    `style-src ${hashOf('style')}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ];
  return { html: Buffer.from(html), policy: policy.join('; ') };
}

export function sendUiPage(response: ServerResponse, { html, policy }: Page): void {
  const headers = { ...HEADERS, 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy };
  response.writeHead(200, headers).end(html);
}

/** Sends an answer, or what goes on until the page goes away. */
export function sendTold(response: ServerResponse, told: Told): void {
  if (!('follow' in told)) {
    response.writeHead(told.status, { ...HEADERS, 'content-type': 'application/json' }).end(told.text);
    return;
  }
  response.writeHead(200, { ...HEADERS, 'content-type': 'application/x-ndjson' });
  response.flushHeaders();
  const send = (value: object): boolean => {
    if (response.writableNeedDrain) return false;
    response.write(`${JSON.stringify(value)}\n`);
    return true;
  };
  const end = told.follow(send, () => response.end());
  // Whoever asked may be gone before there was an answer.
  if (response.destroyed) end();
  else response.once('close', end);
}

/** The answer where something went wrong; the message is a sentence for people. */
export function failure(
  status: number,
  message: string,
  code?: string,
): { readonly status: number; readonly text: string } {
  return { status, text: JSON.stringify({ error: { ...(code === undefined ? {} : { code }), message } }) };
}

/** The same for something that was thrown. */
export function failureOf(error: unknown): { readonly status: number; readonly text: string } {
  if (error instanceof GatewayError) return failure(400, error.message, error.code);
  return failure(500, `The page's server failed: ${error instanceof Error ? error.message : String(error)}`);
}
