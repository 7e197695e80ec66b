/** The schema of what is done with the text of results. Loads zod, as file-schemas.ts. */
import { z } from 'zod';
import { RESULT_KINDS } from './result-kinds.ts';
import { pattern, strict } from './schema-parts.ts';

const terms = strict({
  strip_invisible: z
    .boolean()
    .meta({ description: 'Characters that nobody sees and a model reads are taken out.' })
    .exactOptional(),
  redact: z
    .array(z.enum(RESULT_KINDS))
    .meta({ description: 'Kinds of secrets and personal data that are replaced, such as "[redacted card]".' })
    .exactOptional(),
});

export const results = z.map(pattern, terms).meta({
  description:
    'Server pattern -> what is taken out of the text of its results. Without it, results are relayed as they are.',
});
