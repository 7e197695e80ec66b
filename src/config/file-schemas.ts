/**
 * The schemas of both files. The one place that loads zod, so that it can be loaded when it is needed. Objects arrive as `Map`s
 * (json-document.ts): names such as `__proto__` and `constructor` are ordinary keys there.
 */
import { z } from 'zod';
import { approvals, standingAnswers } from './schema-approvals.ts';
import { code } from './schema-code.ts';
import { flow, labels } from './schema-flow.ts';
import { budget, limits, minAssurance, principal } from './schema-identity.ts';
import { lifeFields } from './schema-life.ts';
import { OAUTH_KEYS, oauthFields } from './schema-oauth.ts';
import { agentId, count, loopBreaker, loose, MAX_COUNT, pattern, strict, text } from './schema-parts.ts';
import { results } from './schema-results.ts';
import { accessCorrections, accessList } from './schema-rules.ts';
import { sandboxFields } from './schema-sandbox.ts';
import { search } from './schema-search.ts';

/** No other word, in no other case: a mistake must not lead here. */
const shadow = text(
  (value) => (value === 'shadow' ? undefined : 'must be "shadow", or not be there'),
  'Remove it, and the rules are enforced; "shadow" only records what they deny',
).meta({
  const: 'shadow',
  description:
    'For a trial: calls that the rules deny or ask about are recorded with "shadow": "DENY" or "ASK" and executed all the same.',
});

const agent = strict({
  allow: accessList.meta({ description: 'What the agent may use. Nothing else is allowed.' }).exactOptional(),
  ask: accessList
    .meta({
      description: 'Allowed things about which a person is asked before every use. It allows nothing by itself.',
    })
    .exactOptional(),
  approved: standingAnswers.exactOptional(),
  deny: accessList.meta({ description: 'What the agent may not use, whatever "allow" says.' }).exactOptional(),
  enforce: shadow.exactOptional(),
  min_assurance: minAssurance.exactOptional(),
  expose: z
    .enum(['discovery', 'direct'])
    .meta({
      description:
        'What connections of this agent see: the few tools of the gateway (discovery, the default) or every permitted tool (direct).',
    })
    .exactOptional(),
  execute: z
    .enum(['one', 'split'])
    .meta({
      description:
        'The tools with which this agent calls others: execute_tool (one, the default), or execute_read, execute_write and execute_destructive (split), so that a client can approve each kind by itself.',
    })
    .exactOptional(),
  code: code.exactOptional(),
  max_result_tokens: count
    .meta({
      description: 'Largest result in tokens. A longer one is cut, and read_result reads on. No limit by default.',
    })
    .exactOptional(),
  limits: limits.meta({ description: 'Limits of all calls of this agent together.' }).exactOptional(),
  budget: budget.meta({ description: 'What all its calls together may spend in a period.' }).exactOptional(),
  loop_breaker: loopBreaker.exactOptional(),
});

const defaults = strict({
  loop_breaker: loopBreaker.exactOptional(),
  deny_on_missing_agent: z
    .boolean()
    .meta({
      description:
        'Refuse calls that do not say which agent they are from, instead of falling back to a default agent.',
    })
    .exactOptional(),
  explain_denials: z
    .boolean()
    .meta({ description: 'Tell callers which rule denied them. Off by default: it shows them your rules.' })
    .exactOptional(),
});

export const schemaReference = z
  .string()
  .meta({ description: 'JSON Schema of this file, for editors.' })
  .exactOptional();

export const rulesFile = strict({
  $schema: schemaReference,
  agents: z.map(agentId, agent).meta({ description: 'Agent name -> what the agent may use.' }),
  access: accessCorrections.exactOptional(),
  labels: labels.exactOptional(),
  flow: flow.exactOptional(),
  results: results.exactOptional(),
  defaults: defaults.meta({ description: 'Settings for all agents.' }).exactOptional(),
  principals: z
    .map(z.string(), principal)
    .meta({ description: 'Who may connect, proven by what, and which agents each may act as.' })
    .exactOptional(),
  definitions: z
    .map(pattern, z.enum(['record', 'quarantine', 'exact']))
    .meta({
      description:
        'Server pattern -> mode for definitions that change: recorded (the default), held until accepted, or only locked ones exist.',
    })
    .exactOptional(),
  search: search.meta({ description: 'How search_tools finds tools, in addition to their words.' }).exactOptional(),
  approvals: approvals.meta({ description: 'How people are asked about calls under "ask".' }).exactOptional(),
}).meta({ title: 'Rules of agent-mcp-gateway' });

const strings = z.map(z.string(), z.string());

const TRANSPORTS = ['stdio', 'http', 'streamable-http', 'sse'] as const;
/** For editors: those of other clients are translated before they are checked (other-clients.ts). */
const SPELLINGS = [...TRANSPORTS, 'streamableHttp', 'streamable_http', 'local', 'remote'];

/** Keys of a server entry. Those of `schema-overrides.ts` and `schema-openapi.ts` are read where there are some. */
export const serverFields = {
  command: z
    .string()
    .meta({
      type: ['string', 'array'],
      description: 'Program to start, or a list of the program and its arguments. No shell runs it.',
    })
    .exactOptional(),
  args: z.array(z.string()).meta({ description: 'Arguments of the program.' }).exactOptional(),
  env: strings.meta({ description: 'Environment variables of the program.' }).exactOptional(),
  envFile: z
    .string()
    .meta({ description: 'File with more environment variables, one NAME=value a line. env wins.' })
    .exactOptional(),
  cwd: z.string().meta({ description: 'Working directory of the program.' }).exactOptional(),
  url: z.string().meta({ description: 'Address of an HTTP server or an API, http or https.' }).exactOptional(),
  ca: z
    .string()
    .meta({
      description:
        'PEM file with certificate authorities to trust in addition to the usual ones. A relative path begins at the folder of this file.',
    })
    .exactOptional(),
  headers: strings.meta({ description: 'Headers of every HTTP request.' }).exactOptional(),
  type: z
    .enum(TRANSPORTS)
    .meta({
      enum: SPELLINGS,
      description: 'Transport. The gateway finds it out by default; a given one is the only one it tries.',
    })
    .exactOptional(),
  transport: z.enum(TRANSPORTS).meta({ enum: SPELLINGS, description: 'The same as type.' }).exactOptional(),
  description: z.string().meta({ description: 'Shown to agents in list_servers.' }).exactOptional(),
  disabled: z.boolean().meta({ description: 'true leaves this server out.' }).exactOptional(),
  enabled: z.boolean().meta({ description: 'false leaves this server out.' }).exactOptional(),
  timeout_ms: z
    .int()
    .min(1)
    .max(MAX_COUNT)
    .meta({ description: 'Time-out of calls in milliseconds, unless the call says another; 60000 by default.' })
    .exactOptional(),
  validate_arguments: z
    .enum(['before', 'after'])
    .meta({
      description:
        'before refuses arguments that do not fit the schema of the tool; after (the default) explains them when the call failed.',
    })
    .exactOptional(),
  ...oauthFields,
  ...lifeFields,
  ...sandboxFields,
};

const serverEntry = loose(serverFields);

export type RulesFile = z.output<typeof rulesFile>;
export type ServerEntry = z.output<typeof serverEntry>;

/** Keys of `oauth` in a server entry. */
export { OAUTH_KEYS };

/** Keys of a server entry that mean something here. */
export const SERVER_KEYS: readonly string[] = [
  ...Object.keys(serverFields),
  'tools',
  'prompts',
  'resources',
  'openapi',
];

/** A finding of a schema, before it has a place in a file. */
interface SchemaIssue {
  readonly path: readonly (string | number)[];
  /** True if the key at the end of the path is at fault, or its value. */
  readonly target: 'key' | 'value';
  /** The end of a sentence that starts with the name of what is at `path`. */
  readonly message: string;
  readonly fix: string;
}

type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly issues: readonly SchemaIssue[] };

/** Checks the rules file, given as `toValue` makes it. */
export function checkRules(value: unknown): Checked<RulesFile> {
  return check(rulesFile, value);
}

/** Checks one entry of the servers file. */
export function checkServerEntry(value: unknown): Checked<ServerEntry> {
  return check(serverEntry, value);
}

/** Checks a value; what is wrong has no place in a file yet. */
export function check<T>(schema: z.ZodType<T>, value: unknown): Checked<T> {
  const result = schema.safeParse(value, { reportInput: true });
  return result.success
    ? { ok: true, value: result.data }
    : { ok: false, issues: result.error.issues.flatMap((issue) => readIssue(issue)) };
}

/** @param above path of what the issue is inside of */
function readIssue(issue: z.core.$ZodIssue, above: readonly (string | number)[] = []): SchemaIssue[] {
  const path = [...above, ...issue.path.map((step) => (typeof step === 'number' ? step : String(step)))];
  const at = (message: string, fix: string): SchemaIssue[] => [{ path, target: 'value', message, fix }];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        target: 'key',
        message: 'is not a known key',
        fix: issue.message,
      }));
    case 'invalid_type': {
      const expected = TYPE_NAMES.get(issue.expected) ?? issue.expected;
      return issue.input === undefined
        ? at('is missing', `Add it: ${expected}`)
        : at(`must be ${expected}`, `Write ${expected}`);
    }
    case 'invalid_value': {
      const values = issue.values.map((value) => JSON.stringify(value)).join(', ');
      return at(
        `must be ${issue.values.length > 1 ? 'one of ' : ''}${values}`,
        `Write ${values.replace(/, (?=[^,]*$)/, ' or ')}`,
      );
    }
    case 'too_small':
    case 'too_big':
      return at('is out of range', `Write a whole number from 1 to ${MAX_COUNT}`);
    case 'invalid_union':
      return bestOf(issue.errors).flatMap((inner) => readIssue(inner, path));
    case 'custom': {
      // A key of a map is checked as itself, at the path of its value.
      const target = issue.input === path.at(-1) ? 'key' : 'value';
      return [{ path, target, message: issue.message, fix: String(issue.params?.['fix'] ?? '') }];
    }
    default:
      return at('is not valid', 'Compare it with the documentation');
  }
}

/** Of several forms that are possible, what is wrong with the one that was meant: not even the type of the others fits. */
function bestOf(forms: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] {
  const isOther = (issues: readonly z.core.$ZodIssue[]): boolean =>
    issues.some(({ code, path }) => path.length === 0 && (code === 'invalid_type' || code === 'invalid_value'));
  return forms.find((issues) => !isOther(issues)) ?? forms.at(-1) ?? [];
}

const TYPE_NAMES: ReadonlyMap<string, string> = new Map([
  ['string', 'a text in double quotes'],
  ['boolean', 'true or false'],
  ['array', 'a list in [ ]'],
  ['map', 'an object in { }'],
  ['object', 'an object in { }'],
  ['int', 'a whole number'],
  ['number', 'a number'],
]);
