/** The schema of the rules of an agent about servers and what they offer. Loads zod, as file-schemas.ts. */
import { z } from 'zod';
import { parsePointer } from '../policy/arguments/call-arguments.ts';
import { parseHostPattern } from '../policy/arguments/hosts.ts';
import { type Matcher, VALUE_TYPES } from '../policy/arguments/matcher-data.ts';
import { parseFolder } from '../policy/arguments/paths.ts';
import { patternProblem } from '../policy/pattern.ts';
import { ACCESS_LEVELS } from '../policy/rules-data.ts';
import { MAX_COUNT, pattern, patterns, strict, text } from './schema-parts.ts';

/** Any JSON, with objects in the place of maps. */
const json = z.preprocess(plain, z.unknown());

function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!(value instanceof Map)) return value;
  const object: Record<string, unknown> = Object.create(null);
  for (const [key, member] of value) object[String(key)] = plain(member);
  return object;
}

/** One text, or several, each of which the check accepts. */
function oneOrMore(problem: (value: string) => string | undefined, fix: string) {
  const one = text(problem, fix);
  return z.union([one, z.array(one).min(1)]);
}

const fields = {
  equals: json.meta({ description: 'The value, whatever the order of keys.' }).exactOptional(),
  in: z.array(json).min(1).meta({ description: 'It is one of these.' }).exactOptional(),
  matches: oneOrMore(patternProblem, 'Write a pattern with *, ? or [abc]')
    .meta({ description: 'Patterns over the whole text: * any run of characters, ? one character, [abc].' })
    .exactOptional(),
  under: oneOrMore(
    (value) => (parseFolder(value) === undefined ? 'is no absolute path without "." and ".."' : undefined),
    'Write the whole path of the folder, such as /srv/project',
  )
    .meta({ description: 'Absolute folders: the value is one of them or a path below one.' })
    .exactOptional(),
  host: oneOrMore(
    (value) => patternProblem(value) ?? (parseHostPattern(value) === undefined ? 'is no host' : undefined),
    'Write a name, a pattern such as *.example.com, or either with a port, and nothing else of the URL',
  )
    .meta({ description: 'Hosts, patterns of hosts, with a port or for all: the value is a URL of one of them.' })
    .exactOptional(),
  min: z.number().meta({ description: 'A number of at least this.' }).exactOptional(),
  max: z.number().meta({ description: 'A number of at most this.' }).exactOptional(),
  max_length: z
    .int()
    .min(0)
    .max(MAX_COUNT)
    .meta({ description: 'Characters of a text or elements of a list, at most.' })
    .exactOptional(),
  type: z
    .union([z.enum(VALUE_TYPES), z.array(z.enum(VALUE_TYPES)).min(1)])
    .meta({ description: 'What the value is.' })
    .exactOptional(),
  ignore_case: z
    .boolean()
    .meta({ description: 'For equals, in, matches and under: capitals count as small letters.' })
    .exactOptional(),
};

const EACH = { description: 'Of all elements of a list.' };
const element = checked(strict(fields));
const list = checked(strict({ ...fields, each: element.meta(EACH).exactOptional() }));
const matcher = checked(
  strict({
    ...fields,
    each: list.meta(EACH).exactOptional(),
    absent: z.boolean().meta({ description: 'true: there is no such argument. false: there is one.' }).exactOptional(),
  }),
);

/** The conditions that its members have to meet together. */
function checked<T extends z.ZodType>(schema: T): T {
  return schema.superRefine((value, context) => {
    const found = matcherProblem(value as Matcher);
    if (found !== undefined) context.addIssue({ code: 'custom', message: found[0], params: { fix: found[1] } });
  }) as T;
}

function matcherProblem(matcher: Matcher): readonly [string, string] | undefined {
  const { absent, ignore_case: fold, min, max } = matcher;
  const said = Object.keys(matcher).filter((key) => key !== 'ignore_case');
  if (said.length === 0)
    return [
      'says nothing',
      'Write at least one of equals, in, matches, under, host, min, max, max_length, type, each and absent',
    ];
  if (absent === true && said.length > 1)
    return ['says something of what is absent', 'Remove the other keys, or "absent"'];
  if (fold !== undefined && !said.some((key) => FOLDING.has(key))) {
    return ['has "ignore_case" and nothing that it changes', 'Remove it: it is for equals, in, matches and under'];
  }
  if (min !== undefined && max !== undefined && min > max) return ['allows no number: min is above max', 'Swap them'];
  return undefined;
}

const FOLDING: ReadonlySet<string> = new Set(['equals', 'in', 'matches', 'under']);

const pointer = text(
  (value) => (parsePointer(value) === undefined ? 'is no JSON Pointer' : undefined),
  'Begin with "/", as in "/path" or "/options/mode"; write "~0" for "~" and "~1" for "/" in a name',
).meta({ description: 'JSON Pointer (RFC 6901) into the arguments.', pattern: '^(/.*)?$' });

const toolRule = strict({
  tool: pattern,
  args: z
    .map(pointer, matcher)
    .meta({ description: 'JSON Pointer -> what the argument there is like. All of them must hold.' })
    .exactOptional(),
  when: z
    .string()
    .meta({ description: 'CEL over args, agent, principal, server, tool and now: true for the calls that are meant.' })
    .exactOptional(),
});

const tools = z.array(z.union([pattern, toolRule]));
const levels = z.array(z.enum(ACCESS_LEVELS));

export const accessList = strict({
  servers: patterns.meta({ description: 'Patterns of server names.' }).exactOptional(),
  tools: z
    .map(pattern, tools)
    .meta({ description: 'Server pattern -> patterns of tool names, or objects that say more about calls.' })
    .exactOptional(),
  prompts: z
    .map(pattern, patterns)
    .meta({ description: 'Server pattern -> patterns of prompt names.' })
    .exactOptional(),
  resources: z
    .map(pattern, patterns)
    .meta({ description: 'Server pattern -> patterns of resource URIs.' })
    .exactOptional(),
  skills: z
    .map(pattern, patterns)
    .meta({ description: 'Server pattern -> patterns of the URIs of skills, which end in /SKILL.md.' })
    .exactOptional(),
  access: z
    .map(pattern, levels)
    .meta({ description: 'Server pattern -> what tools do to the world: read, write, destructive, unknown.' })
    .exactOptional(),
});

/** The access that the owner sets for tools. */
export const accessCorrections = z
  .map(pattern, z.map(pattern, z.enum(ACCESS_LEVELS)))
  .meta({ description: 'Server pattern -> tool pattern -> what these tools do, in place of what their server says.' });
