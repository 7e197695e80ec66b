/** The schema of the rules about asking people (docs/approvals.md). Loads zod, as file-schemas.ts. */
import { z } from 'zod';
import { count, strict, text, variableName, webAddress } from './schema-parts.ts';

/** Seconds; a day. */
const LONGEST_S = 86_400;

const webhook = strict({
  url: webAddress('Write the address of your program, such as https://example.com/approvals').meta({
    description: 'Where each question is posted to.',
  }),
  secret_env: variableName('Write the name of the variable that holds the secret, not the secret').meta({
    description: 'Environment variable with the secret that requests are signed with (Standard Webhooks).',
  }),
});

const SHA256 = /^[0-9a-f]{64}$/;

const oneCall = strict({
  tool: z.string().meta({ description: 'Exact name of the tool.' }),
  arguments_sha256: text(
    (value) => (SHA256.test(value) ? undefined : 'is no SHA-256'),
    'Let "approvals answer ID always-these --write" write it',
  ).meta({
    description: 'SHA-256 of the arguments as they are forwarded, white space between tokens aside.',
    pattern: SHA256.source,
  }),
});

/** The permanent answers. */
export const standingAnswers = z.map(z.string(), z.array(z.union([z.string(), oneCall]))).meta({
  description:
    'What "ask" does not ask about any more: server -> exact names of tools, or single calls. It allows nothing by itself.',
});

export const approvals = strict({
  via: z
    .array(z.enum(['client', 'web', 'cli', 'webhook']))
    .meta({
      description:
        'Ways in which people are asked: the dialogue of the client, the web page, the command line, a program of yours. By default ["client", "web", "cli"].',
    })
    .exactOptional(),
  timeout_s: count
    .refine((seconds) => seconds <= LONGEST_S, {
      error: 'is out of range',
      params: { fix: `Write a whole number from 1 to ${LONGEST_S}` },
    })
    .meta({ description: 'Seconds after which no answer counts as no; 300 by default.', maximum: LONGEST_S })
    .exactOptional(),
  remember: z
    .boolean()
    .meta({ description: 'false: an answer counts for one call only; true by default.' })
    .exactOptional(),
  webhook: webhook.meta({ description: 'Where questions are sent to if "via" has "webhook".' }).exactOptional(),
});
