/** The route of `fetch` and `request` of undici to an address: through a proxy, and by whose certificates. */
import type { Dispatcher } from 'undici';
import { secureContextFor } from './ca-certificates.ts';
import { proxyFor } from './egress-proxy.ts';

interface EgressRoute {
  /** Path to a PEM file with more authorities. */
  readonly ca?: string | undefined;
  /** More options of a connection that needs no proxy. */
  readonly direct?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * @returns what is to be destroyed after the request; undefined where the usual way will do.
 * @throws GatewayError CONFIG_INVALID as `proxyFor` and `secureContextFor`
 */
export async function dispatcherFor(target: URL, { ca, direct }: EgressRoute = {}): Promise<Dispatcher | undefined> {
  const proxy = proxyFor(target);
  const secureContext = secureContextFor(ca);
  if (proxy === undefined && secureContext === undefined && direct === undefined) return undefined;
  const trust = secureContext === undefined ? {} : { secureContext };
  const { Agent, ProxyAgent } = await import('undici');
  if (proxy === undefined) return new Agent({ connect: { ...trust, ...direct } });
  const { authorization: token } = proxy;
  return new ProxyAgent({
    uri: proxy.url.href,
    ...(token === undefined ? {} : { token }),
    // Without TLS the proxy passes requests on.
    proxyTunnel: target.protocol === 'https:',
    requestTls: trust,
    proxyTls: trust,
  });
}
