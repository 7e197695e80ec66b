/** Keys of a server entry about how what it offers appears to agents (docs/overrides.md). Loads zod, as file-schemas.ts. */
import { z } from 'zod';
import { parsePointer } from '../policy/arguments/call-arguments.ts';
import { count, loopBreaker, loose, strict, text } from './schema-parts.ts';

const said = (description: string) => z.string().meta({ description }).exactOptional();
const yes = (description: string) => z.literal(true).meta({ description }).exactOptional();

/** Names of tools that every client takes (2025-11-25, server/tools, Tool Names). */
const NAME = /^[A-Za-z0-9_.-]{1,128}$/;

const name = text(
  (value) => (NAME.test(value) ? undefined : 'is no name of a tool'),
  'Use 1 to 128 letters, digits, "_", "-" and "."',
).meta({ pattern: NAME.source, description: 'The name for agents, rules and the audit.' });

const pointer = text((value) => {
  const tokens = parsePointer(value);
  if (tokens === undefined || tokens.length === 0) return 'does not point to an argument';
  return tokens.includes('__proto__') ? 'has a part that no argument may be called' : undefined;
}, 'Write "/" and the name of the argument; "/options/page" for one inside of another').meta({
  description: 'Place of an argument, as a JSON Pointer: /repo, /options/page.',
});

const argument = strict({
  fixed: z
    .unknown()
    .meta({ description: 'The value that every call has. Agents neither see nor give this argument.' })
    .optional(),
  default: z.unknown().meta({ description: 'The value of calls that do not give this argument.' }).optional(),
  description: said('Description for agents.'),
  hidden: yes('Agents neither see nor give this argument.'),
});

const annotations = strict({
  title: said('Title for people.'),
  readOnlyHint: z.boolean().meta({ description: 'It changes nothing.' }).exactOptional(),
  destructiveHint: z.boolean().meta({ description: 'It may destroy or overwrite something.' }).exactOptional(),
  idempotentHint: z.boolean().meta({ description: 'The same call once more changes nothing.' }).exactOptional(),
  openWorldHint: z.boolean().meta({ description: 'It reaches beyond what the server itself has.' }).exactOptional(),
});

const common = {
  title: said('Title for people.'),
  description: said('Description for agents.'),
  hidden: yes('Agents neither see nor use it.'),
};

const arguments_ = z.map(pointer, argument).meta({ description: 'Place of an argument -> what is done with it.' });

const tool = strict({
  name: name.exactOptional(),
  ...common,
  annotations: annotations
    .meta({ description: 'What it does, in place of what the server says. Rules over access follow it.' })
    .exactOptional(),
  arguments: arguments_.exactOptional(),
  cost: z.number().min(0).meta({ description: 'Cost of a call, for budgets of the rules.' }).exactOptional(),
  loop_breaker: loopBreaker.exactOptional(),
  cache: strict({
    ttl_ms: count.meta({ description: 'Milliseconds for which a result is kept.' }),
    max_bytes: count.meta({ description: 'Bytes of all results of the tool; 1048576 by default.' }).exactOptional(),
    vary: z
      .array(z.enum(['principal']))
      .meta({
        description: '["principal"], the default: each caller has results of its own. []: one result is for all.',
      })
      .exactOptional(),
  })
    .meta({ description: 'Keeps results of a tool that only reads, and gives them to equal calls.' })
    .exactOptional(),
});
const prompt = strict({ name: name.exactOptional(), ...common, arguments: arguments_.exactOptional() });
const resource = strict({ name: said('The name for people; its URI stays.'), ...common });

export const overrideFields = {
  tools: z
    .map(z.string(), tool)
    .meta({ description: 'Tool of the server -> how it appears to agents.' })
    .exactOptional(),
  prompts: z
    .map(z.string(), prompt)
    .meta({ description: 'Prompt of the server -> how it appears to agents.' })
    .exactOptional(),
  resources: z
    .map(z.string(), resource)
    .meta({ description: 'URI of a resource, or URI template -> how it appears to agents.' })
    .exactOptional(),
};

export const overrides = loose(overrideFields);
