/** The address of a store, taken apart. */
import { GatewayError } from '../shared/errors.ts';
import { parseUrl } from '../shared/parse-url.ts';

export interface StoreAddress {
  /** Several of a cluster, from which the others are found. */
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly isCluster: boolean;
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Number of the database; 0 in a cluster. */
  readonly db: number;
}

const PORT = 6379;
const SHAPE = /^(rediss?)(\+cluster)?:\/\/(?:([^@/]*)@)?([^@/?#]+)(?:\/(\d{0,3}))?$/;

/** @throws GatewayError USAGE, without the address: it may hold a password */
export function storeAddress(url: string): StoreAddress {
  const [, scheme, cluster, account = '', hosts = '', db = ''] = SHAPE.exec(url) ?? [];
  const nodes = hosts.split(',').map(nodeOf);
  const isCluster = cluster !== undefined;
  if (scheme === undefined || (nodes.length > 1 && !isCluster) || (isCluster && Number(db) > 0)) throw malformed();
  const at = account.indexOf(':');
  const [user, password] = at < 0 ? [account, ''] : [account.slice(0, at), account.slice(at + 1)];
  return {
    nodes,
    isCluster,
    tls: scheme === 'rediss',
    username: decoded(user),
    password: decoded(password),
    db: Number(db),
  };
}

function nodeOf(text: string): StoreAddress['nodes'][number] {
  const url = parseUrl(`tcp://${text}`);
  if (url === undefined || url.hostname === '' || url.pathname !== '') throw malformed();
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: url.port === '' ? PORT : Number(url.port) };
}

function decoded(text: string): string | undefined {
  if (text === '') return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    throw malformed();
  }
}

function malformed(): GatewayError {
  return new GatewayError(
    'USAGE',
    'The address of the store is not as redis://user:password@host:6379/0, rediss://... or redis+cluster://host:6379,host:6379 (GATEWAY_STORE). A user or password with other characters than letters and digits is written as in a URL, such as %40 for @.',
  );
}
