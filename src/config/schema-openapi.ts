/** The key `openapi` of a server entry (docs/openapi.md). Loads zod, as file-schemas.ts. */
import { z } from 'zod';
import { patterns, strict } from './schema-parts.ts';

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'] as const;

const filter = strict({
  tags: patterns.meta({ description: 'Names of tags, or patterns.' }).exactOptional(),
  paths: patterns.meta({ description: 'Paths as the document writes them, or patterns: "/users/*".' }).exactOptional(),
  methods: z.array(z.enum(METHODS)).meta({ description: 'Methods, in small letters.' }).exactOptional(),
});

const values = z.map(z.string(), z.string());

const api = strict({
  document: z.string().meta({ description: 'Path of the OpenAPI document, or its address.' }),
  include: filter
    .meta({ description: 'The operations that are tools: those that fit each member. All by default.' })
    .exactOptional(),
  exclude: filter.meta({ description: 'Operations that are no tools: those that fit any member.' }).exactOptional(),
  references: z
    .array(z.string())
    .meta({
      description:
        'Other files and addresses that the document may refer to. One that ends with a slash stands for all below it. None by default.',
    })
    .exactOptional(),
  query: values.meta({ description: 'Parts of the query of every request, such as a key.' }).exactOptional(),
  cookies: values.meta({ description: 'Cookies of every request.' }).exactOptional(),
});

/** The value of the key. */
export const openApiTerms = z.union([z.string(), api]);

export const openApiFields = {
  openapi: openApiTerms
    .meta({
      description:
        'In place of a program: the OpenAPI document (3.0, 3.1; JSON or YAML) of an API whose operations are tools. "url" is then the address of the API.',
    })
    .exactOptional(),
};
