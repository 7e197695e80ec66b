/** The environment of a server in a sandbox: less than others inherit, and the way to the hosts that it may reach. */
import process from 'node:process';

/** Of the gateway's own environment: no folders of this session, and no proxies, whose addresses may hold passwords. */
const KEPT =
  /^(?:PATH|SHELL|TERM|USER|LOGNAME|LANG|LANGUAGE|TZ|LC_.*|NODE_EXTRA_CA_CERTS|SSL_CERT_.*|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE)$/;
const PROXIES = ['HTTP_PROXY', 'HTTPS_PROXY', 'ALL_PROXY', 'NO_PROXY', 'NODE_USE_ENV_PROXY'];

/** What a server in a sandbox may inherit. @param home its empty home */
export function inherited(home: string, shared: boolean, env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const isKept = (name: string): boolean => KEPT.test(name) || (shared && PROXIES.includes(name.toUpperCase()));
  return { ...Object.fromEntries(Object.entries(env).filter(([name]) => isKept(name))), HOME: home, TMPDIR: '/tmp' };
}

/** Variables, in both spellings, by which programs find the proxy on this port of their own loopback address. */
export function proxyVariables(port: number): ReadonlyMap<string, string> {
  const address = `http://127.0.0.1:${port}`;
  const values = { HTTP_PROXY: address, HTTPS_PROXY: address, ALL_PROXY: address, NO_PROXY: 'localhost,127.0.0.1,::1' };
  return new Map([
    ...Object.entries(values).flatMap(([name, value]) => [
      [name, value] as const,
      [name.toLowerCase(), value] as const,
    ]),
    ['NODE_USE_ENV_PROXY', '1'],
  ]);
}
