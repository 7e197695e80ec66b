/** The proxy that leads to an address, as `HTTP_PROXY` and the like say for programs of this machine. */

import { BlockList, isIP } from 'node:net';
import process from 'node:process';
import { basicOf } from '../../config/server-address.ts';
import { isLoopback } from '../../config/settings.ts';
import { GatewayError } from '../../shared/errors.ts';
import { parseUrl } from '../../shared/parse-url.ts';

export interface ProxyServer {
  /** Without user name and password. */
  readonly url: URL;
  /** `Proxy-Authorization`; undefined for none. */
  readonly authorization: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for an address; undefined where it is reached directly: `NO_PROXY` says so, or it is this machine.
 * @throws GatewayError CONFIG_INVALID where the variable is no address of a proxy that the gateway can use
 */
export function proxyFor(target: URL, env: Environment = process.env): ProxyServer | undefined {
  const name = target.protocol === 'https:' ? 'HTTPS_PROXY' : 'HTTP_PROXY';
  const variable = [name, 'ALL_PROXY'].find((one) => readVariable(env, one) !== '');
  if (variable === undefined || isExcepted(target, readVariable(env, 'NO_PROXY'))) return undefined;
  const value = readVariable(env, variable);
  const text = /^[a-z][a-z0-9+.-]*:\/\//i.test(value) ? value : `http://${value}`;
  const url = parseUrl(text);
  if (url === undefined || !(url.protocol === 'http:' || url.protocol === 'https:')) {
    throw new GatewayError(
      'CONFIG_INVALID',
      `${variable} of the gateway's environment is no http or https address, and no other proxy can be used: change it, or name ${target.hostname} in NO_PROXY.`,
    );
  }
  const authorization = basicOf(url);
  url.username = '';
  url.password = '';
  return { url, authorization };
}

/** In small letters first, as other programs read them; without quotes around it, which Docker leaves in files of variables. */
function readVariable(env: Environment, name: string): string {
  return (env[name.toLowerCase()] || env[name] || '').trim().replace(/^(["'])(.*)\1$/, '$2');
}

function isExcepted(target: URL, list: string): boolean {
  const host = target.hostname.replace(/\.$/, '').toLowerCase();
  if (isLoopback(host) || host.endsWith('.localhost')) return true;
  const port = target.port || (target.protocol === 'https:' ? '443' : '80');
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => entry === '*' || fits(entry, host, port));
}

/** One of: a name, which means those below it too; an address, a block of addresses; each perhaps with a port. */
function fits(entry: string, host: string, port: string): boolean {
  const bare = host.replace(/^\[|\]$/g, '');
  const block = /^\[?([^\]/]+)\]?\/(\d{1,3})$/.exec(entry);
  if (block !== null) return isWithin(bare, block[1] ?? '', Number(block[2]));
  const [, bracketed, plain, portOfEntry] = /^(?:\[([^\]]+)\]|([^:]*|.*:.*:.*))(?::(\d+))?$/.exec(entry) ?? [];
  if (portOfEntry !== undefined && portOfEntry !== port) return false;
  const name = (bracketed ?? plain ?? '').replace(/^\*?\./, '').replace(/\.$/, '');
  if (isIP(name) !== 0) return isIP(bare) !== 0 && isWithin(bare, name, isIP(name) === 4 ? 32 : 128);
  return name !== '' && (host === name || host.endsWith(`.${name}`));
}

function isWithin(address: string, network: string, bits: number): boolean {
  const family = isIP(network);
  if (family === 0 || isIP(address) !== family || bits > (family === 4 ? 32 : 128)) return false;
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const list = new BlockList();
  list.addSubnet(network, bits, type);
  return list.check(address, type);
}
