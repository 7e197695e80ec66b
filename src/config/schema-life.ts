/** Keys of a server entry about the life of its connections (docs/servers.md). Loads zod, as file-schemas.ts. */
import { z } from 'zod';
import { count } from './schema-parts.ts';

const ms = (description: string) => count.meta({ description }).exactOptional();

export const lifeFields = {
  start_timeout_ms: ms('Milliseconds until the program writes its first message to stdout; 120000 without it.'),
  handshake_timeout_ms: ms('Milliseconds for the handshake after that; 15000 without it.'),
  idle_timeout_ms: ms('Milliseconds without a call after which the server is stopped; the next call starts it.'),
  max_concurrent: ms('Calls at one time; 128 without it. No agent gets the last quarter of them.'),
  max_queue: ms('Calls that may wait for their turn; 1024 without it.'),
  sharing: z
    .enum(['shared', 'per-principal', 'per-session', 'per-call'])
    .meta({ description: 'Who may use one connection together.' })
    .exactOptional(),
  max_instances: ms('Connections at one time; without it 32 for programs and 256 for HTTP servers.'),
};
