/** The schema of the rules about programs of agents (docs/code-mode.md). */
import { z } from 'zod';
import { strict } from './schema-parts.ts';

const upTo = (most: number) => z.int().min(1).max(most);

const limits = strict({
  max_calls: upTo(1_000).meta({ description: 'Calls that one program may make. Default 50.' }).exactOptional(),
  max_parallel: upTo(32).meta({ description: 'Calls of one program at a time. Default 8.' }).exactOptional(),
  memory_mb: upTo(512).meta({ description: 'MiB of memory of one program. Default 64.' }).exactOptional(),
  cpu_ms: upTo(60_000)
    .meta({ description: 'Milliseconds for which one program may compute. Default 2000.' })
    .exactOptional(),
  timeout_ms: upTo(3_600_000)
    .meta({
      description:
        'Milliseconds that one program may take, without those in which people were waited for. Default 120000.',
    })
    .exactOptional(),
});

export const code = z.union([z.boolean(), limits]).meta({
  description:
    'Whether this agent may run programs that call tools (run_code), and within what: true, false, or the limits. By default as "serve --code" says.',
});
