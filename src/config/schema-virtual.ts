/** Keys of a server entry that groups tools of others (docs/virtual-servers.md). Loads zod, as file-schemas.ts. */
import { z } from 'zod';
import { strict, text } from './schema-parts.ts';

const tool = text(
  (value) => (/^.+\../s.test(value) && !value.endsWith('.') ? undefined : 'names no tool of a server'),
  'Write SERVER.TOOL, such as "github.create_issue", or "github.*" for all its tools',
).meta({ description: 'A tool, or a pattern over tools: SERVER.TOOL.' });

export const virtualFields = {
  virtual: strict({
    tools: z.array(tool).min(1).meta({ description: 'Tools of other servers: "github.create_issue", "jira.*".' }),
    prefix: z
      .literal(true)
      .meta({ description: 'Names of tools begin with their server: github_create_issue.' })
      .exactOptional(),
  })
    .meta({ description: 'In place of a program or an address: tools of other servers, under the name of this one.' })
    .exactOptional(),
};

export const virtualEntry = virtualFields.virtual;
