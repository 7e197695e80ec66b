/** Keys of a server entry about the life of its connections (docs/servers.md). Loads zod, as file-schemas.ts. */
import { z } from 'zod';
import { count } from './schema-parts.ts';

const ms = (description: string) => count.meta({ description }).exactOptional();

export const lifeFields = {
  start_timeout_ms: ms('Milliseconds from the start of the program to its first message on stdout; 120000 by default.'),
  handshake_timeout_ms: ms('Milliseconds for the handshake after that; 15000 by default.'),
  idle_timeout_ms: ms(
    'Milliseconds without a call after which the connection is closed. The next call opens it again. 1800000 by default where connections are not shared, otherwise never.',
  ),
  max_concurrent: ms(
    'Calls that the server works on at one time; 128 by default. One agent alone gets at most three quarters of them.',
  ),
  max_queue: ms('Calls that may wait for their turn; 1024 by default.'),
  sharing: z
    .enum(['shared', 'per-principal', 'per-session', 'per-call'])
    .meta({ description: 'Who shares a connection.' })
    .exactOptional(),
  max_instances: ms('Connections at one time; by default 32 for programs and 256 for HTTP servers.'),
};
