/** A client by the name that a person gives. */
import { nearest } from '../config/nearest-name.ts';
import { GatewayError } from '../shared/errors.ts';
import { CLIENTS, type Client } from './clients.ts';

/** @throws GatewayError USAGE with the nearest name, or all of them */
export function clientNamed(name: string): Client {
  const client = CLIENTS.find(({ id, aliases }) => id === name || aliases.includes(name));
  if (client !== undefined) return client;
  const close = nearest(
    name,
    CLIENTS.flatMap(({ id, aliases }) => [id, ...aliases]),
  );
  const hint = close === undefined ? `Known: ${CLIENTS.map(({ id }) => id).join(', ')}.` : `Did you mean ${close}?`;
  throw new GatewayError('USAGE', `There is no client "${name.slice(0, 64)}". ${hint}`);
}
