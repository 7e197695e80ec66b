/** The schemas of the labels of calls, and of the rules over their combination. Loads zod, as file-schemas.ts. */
import { z } from 'zod';
import { pattern, strict, text } from './schema-parts.ts';

const LABEL = /^[a-z][a-z0-9_-]{0,31}$/;

const label = text(
  (value) => (LABEL.test(value) ? undefined : 'is not a label'),
  'Write private, untrusted, external, or a word of your own: small letters, digits, "_" and "-", up to 32',
).meta({ pattern: LABEL.source, description: 'private, untrusted, external, or a word of your own.' });

export const labels = z.map(pattern, z.map(pattern, z.array(label))).meta({
  description:
    'Server pattern -> pattern of tools, prompts or resources -> what their calls touch, in place of what the server says.',
});

/** Seconds for which files of labels are kept: 30 days. */
const LONGEST_WINDOW_S = 2_592_000;

const windowSeconds = z
  .number()
  .superRefine((value, context) => {
    if (Number.isInteger(value) && value >= 1 && value <= LONGEST_WINDOW_S) return;
    const fix = `Write a whole number of seconds from 1 to ${LONGEST_WINDOW_S}, which is 30 days`;
    context.addIssue({ code: 'custom', message: 'is out of range', params: { fix } });
  })
  .meta({
    type: 'integer',
    minimum: 1,
    maximum: LONGEST_WINDOW_S,
    description:
      'Seconds for which a label counts outside of the session that touched it; 28800 (8 hours) by default. In the session it counts to the end.',
  });

/** Not written in the object: one with such a member looks like a promise to `await`. */
const THEN = 'then';

const flowRule = strict({
  after: z.array(label).min(1).meta({ description: 'The labels that the caller carries: all of them.' }),
  call: label.meta({ description: 'The label of the call that is decided.' }),
  [THEN]: z.enum(['ask', 'deny']).meta({ description: 'A person is asked, or it is denied.' }),
  window_s: windowSeconds.exactOptional(),
});

export const flow = z.array(flowRule).meta({
  description: 'Combinations that leak: what is done about a call of one label after others were touched.',
});
