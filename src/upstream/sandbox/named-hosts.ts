/** Decides where a sandbox with named hosts may connect to: by the name that its entry has, and an address that is looked up once. */
import { lookup } from 'node:dns/promises';
import { isPublicAddress } from '../oauth/ip-addresses.ts';

export interface HostTarget {
  readonly name: string;
  readonly port: number;
}

/** A name and a port, with nothing else around them; numbers in a name's place are no name. */
const TARGET = /^([A-Za-z0-9_.-]{1,254}):(\d{1,5})$/;

/** The target of a CONNECT request; undefined where no name of the list is asked for. @param hosts `name:port` in small letters */
export function namedTarget(authority: string, hosts: ReadonlySet<string>): HostTarget | undefined {
  const [, asked, digits] = TARGET.exec(authority) ?? [];
  if (asked === undefined) return undefined;
  const name = asked.toLowerCase().replace(/\.$/, '');
  const port = Number(digits);
  return hosts.has(`${name}:${port}`) ? { name, port } : undefined;
}

/** Makes addresses of a name. */
export type Lookup = (name: string) => Promise<readonly string[]>;

const lookupHere: Lookup = async (name) => (await lookup(name, { all: true })).map(({ address }) => address);

/**
 * The addresses of a name; connections go to these, and the name is not looked up again. Empty where one of them is of this machine
 * or of a private network: whoever answers for the name does not decide that insiders are reached.
 */
export async function addressesOf(
  name: string,
  find: Lookup = lookupHere,
  isPublic: (address: string) => boolean = isPublicAddress,
): Promise<readonly string[]> {
  const addresses = await find(name);
  return addresses.every(isPublic) ? addresses : [];
}
