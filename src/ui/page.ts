/** The page: one file with its script and its style inside, which are all that a browser may run or load. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { builtProgram } from '../shared/built-files.ts';
import { GatewayError } from '../shared/errors.ts';

export interface Page {
  readonly html: Buffer;
  /** Of its Content-Security-Policy header. */
  readonly policy: string;
}

/** @throws GatewayError INTERNAL where the build has no page */
export function readPage(): Page {
  const path = builtProgram('ui.html');
  if (path === undefined) throw new GatewayError('INTERNAL', 'This build has no page: build it with "npm run build".');
  return pageOf(readFileSync(path, 'utf8'));
}

/** @param html with one `<script>` and one `<style>` */
export function pageOf(html: string): Page {
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
