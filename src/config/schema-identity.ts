/** The schema of the rules about who connects, how sure that must be, and how much each may do (docs/identity.md). */

import { z } from 'zod';
import { isUrl } from '../shared/parse-url.ts';
import { agentId, count, patterns, strict, text } from './schema-parts.ts';

const SHA256 = /^[0-9a-f]{64}$/;
/** RFC 6749 section 3.3. */
const SCOPE = /^[\x21\x23-\x5b\x5d-\x7e]+$/;

export const limits = strict({
  calls_per_minute: count
    .meta({ description: 'Calls per minute. So many may come at once; after that they are spread evenly.' })
    .exactOptional(),
  concurrent_calls: count.meta({ description: 'Calls that may run at the same time.' }).exactOptional(),
  bytes_per_hour: count.meta({ description: 'Bytes of requests and results per hour.' }).exactOptional(),
});

export const budget = strict({
  calls: count.meta({ description: 'Calls of tools, prompts and resources.' }).exactOptional(),
  result_tokens: count.meta({ description: 'Tokens of their results, estimated.' }).exactOptional(),
  cost: z.number().positive().meta({ description: 'Sum of the costs that entries state for tools.' }).exactOptional(),
  per: z.enum(['hour', 'day', 'week', 'month']).meta({ description: 'Its period, in UTC.' }),
}).superRefine(({ calls, result_tokens, cost }, context) => {
  if (calls ?? result_tokens ?? cost) return;
  const fix = 'Write at least one of calls, result_tokens and cost';
  context.addIssue({ code: 'custom', message: 'bounds nothing', params: { fix } });
});

export const minAssurance = z.enum(['claim', 'hook', 'launch', 'token', 'jwt']).meta({
  description:
    'Least assurance that a call comes from this agent, from weak to strong: claim, hook, launch, token, jwt.',
});

const scope = text(
  (value) => (SCOPE.test(value) ? undefined : 'is not a scope'),
  'Write one scope, without spaces and quotes',
);

const jwt = strict({
  issuer: secureUrl().meta({ description: 'The "iss" of its tokens, exactly.' }),
  audience: text(
    (value) => (value === '' ? 'is empty' : undefined),
    'Write the "aud" that tokens for this gateway have',
  ).meta({
    description: 'The "aud" of tokens for this gateway. Best is its URL, e.g. https://gateway.example.com/mcp.',
  }),
  jwks_uri: secureUrl().meta({ description: 'Where the issuer publishes its keys.' }),
  agent_claim: z
    .string()
    .min(1)
    .meta({ description: 'Claim that names the agent, or the agents, of a token. Tokens without it are refused.' })
    .exactOptional(),
  scopes: z
    .map(scope, patterns)
    .meta({ description: 'Scope -> patterns of agents. A token may act as the agents of its scopes only.' })
    .exactOptional(),
});

export const principal = strict({
  stdio: z.literal(true).meta({ description: 'The process that started the gateway over stdio.' }).exactOptional(),
  token_sha256: text(
    (value) => (SHA256.test(value) ? undefined : 'is not a SHA-256 in lower-case hexadecimal digits'),
    'Write the 64 hexadecimal digits of the hash of the whole token',
  )
    .meta({ pattern: SHA256.source, description: 'Lower-case hex SHA-256 of the whole bearer token.' })
    .exactOptional(),
  expires: text(
    (value) => (isInstant(value) ? undefined : 'is not a date and time'),
    'Write it in UTC, such as 2030-12-31T00:00:00Z',
  )
    .meta({ description: 'When the token expires, in UTC, e.g. 2030-12-31T00:00:00Z.' })
    .exactOptional(),
  jwt: jwt.meta({ description: 'Holders of a JSON Web Token of this issuer for this gateway.' }).exactOptional(),
  hook: z
    .literal(true)
    .meta({ description: 'A hook of the client attests which agent calls; agent_id is ignored.' })
    .exactOptional(),
  operator: z
    .literal(true)
    .meta({ description: 'May read metrics and states of all servers and agents: /metrics, /ready?verbose.' })
    .exactOptional(),
  default: agentId.meta({ description: 'The agent of a call without agent_id.' }).exactOptional(),
  may_assume: patterns.meta({ description: 'Patterns of the agents that this principal may act as.' }),
  ceiling: agentId
    .meta({ description: 'An agent that this principal never exceeds, whatever agent it acts as.' })
    .exactOptional(),
  limits: limits.meta({ description: 'Limits of all calls of this principal together.' }).exactOptional(),
  budget: budget.meta({ description: 'What all its calls together may spend in a period.' }).exactOptional(),
});

/** https, or http on this machine: keys that somebody could exchange on the way prove nothing. */
function secureUrl() {
  return text((value) => {
    if (!isUrl(value)) return 'is not a URL';
    const url = new URL(value);
    if (url.username !== '' || url.password !== '' || url.hash !== '') return 'has a user, a password or a fragment';
    const local = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(url.hostname);
    return url.protocol === 'https:' || (url.protocol === 'http:' && local) ? undefined : 'is not an https URL';
  }, 'Write a URL that starts with https://');
}

function isInstant(value: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?Z$/.test(value) && !Number.isNaN(Date.parse(value));
}
