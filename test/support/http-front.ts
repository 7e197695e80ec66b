/** A gateway over HTTP for the tests of a file: two principals, allowed origins and hosts. */
import { afterAll, beforeAll } from 'vitest';
import { type HttpGateway, serveHttp } from './gateway.ts';
import { servers, sha256, TOKEN, withPrincipals } from './home.ts';
import { type HttpReply, httpHeaders, request } from './http.ts';
import { fixture } from './paths.ts';
import { MODERN, requestText } from './rpc.ts';

export const SERVERS = servers({ calc: fixture('calc'), secret_server: fixture('calc') });
export const OTHER_TOKEN = `${TOKEN}-of-another`;
export const RULES = withPrincipals(
  { default: { allow: { servers: ['calc'] } }, secret_agent: {} },
  {
    principals: {
      tester: { token_sha256: sha256(TOKEN), may_assume: ['*'] },
      other: { token_sha256: sha256(OTHER_TOKEN), may_assume: ['*'] },
    },
  },
);
export const LIST = requestText(1, 'tools/list', {}, MODERN);
export const AUTHORIZED = { authorization: `Bearer ${TOKEN}` };

export interface HttpFront {
  readonly gateway: HttpGateway;
  /** Sends `tools/list`, or another body, with these headers besides the usual ones. */
  post(headers?: Record<string, string | undefined>, body?: string, method?: string): Promise<HttpReply>;
}

/** Starts it before the tests of the file, and stops it after them. */
export function useHttpFront(): HttpFront {
  let gateway: HttpGateway;
  beforeAll(async () => {
    gateway = await serveHttp({
      servers: SERVERS,
      rules: RULES,
      env: {
        GATEWAY_CORS_ORIGINS: 'https://app.example.com,http://localhost:5173',
        GATEWAY_ALLOWED_HOSTS: 'gateway.internal',
        GATEWAY_INIT_STRATEGY: 'lazy',
      },
    });
  });
  afterAll(() => gateway.stop());
  return {
    get gateway() {
      return gateway;
    },
    post: (headers = {}, body = LIST, method = 'POST') =>
      request(gateway.url, {
        method,
        headers: { ...httpHeaders(MODERN, 'tools/list'), ...AUTHORIZED, ...headers },
        body,
      }),
  };
}
