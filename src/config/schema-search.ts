/** The schema of the rules about finding tools (docs/search.md). Loads zod, as file-schemas.ts. */
import { z } from 'zod';
import { strict, text, variableName, webAddress } from './schema-parts.ts';

/** A search may wait this long for vectors, in milliseconds. */
const MAX_WAIT_MS = 10_000;
const MAX_DIMENSIONS = 8192;

/** A whole number from 1 to `max`. */
function upTo(max: number) {
  return z
    .number()
    .superRefine((value, context) => {
      if (Number.isInteger(value) && value >= 1 && value <= max) return;
      const fix = `Write a whole number from 1 to ${max}`;
      context.addIssue({ code: 'custom', message: 'is out of range', params: { fix } });
    })
    .meta({ type: 'integer', minimum: 1, maximum: max });
}

const embeddings = strict({
  url: webAddress(
    'Write the address alone, such as https://api.openai.com/v1; a key goes into a variable that "api_key_env" names',
  ).meta({
    description: 'Base address of an OpenAI-compatible API, e.g. http://127.0.0.1:11434/v1, or of its /embeddings.',
  }),
  model: text((value) => (value === '' ? 'is empty' : undefined), 'Write the name that the endpoint knows').meta({
    description: 'Model that makes the vectors.',
  }),
  api_key_env: variableName('Write the name of the variable that holds the key, not the key')
    .meta({ description: 'Environment variable that holds the API key, sent as a bearer token.' })
    .exactOptional(),
  dimensions: upTo(MAX_DIMENSIONS)
    .meta({ description: 'Length of the vectors, for models that can shorten them.' })
    .exactOptional(),
  timeout_ms: upTo(MAX_WAIT_MS)
    .meta({ description: 'Milliseconds that a search waits for vectors before only words decide; 1000 by default.' })
    .exactOptional(),
  query_prefix: z
    .string()
    .meta({ description: 'Text that the model expects before a question, e.g. "search_query: ".' })
    .exactOptional(),
  tool_prefix: z
    .string()
    .meta({ description: 'Text that the model expects before a text to be found, e.g. "search_document: ".' })
    .exactOptional(),
});

export const search = strict({
  embeddings: embeddings
    .meta({ description: 'Also compare meanings. Questions and tool texts are sent to this endpoint.' })
    .exactOptional(),
  learn_from_use: z
    .boolean()
    .meta({ description: 'Remember, on this machine and per agent, which tool was used after which question.' })
    .exactOptional(),
});
