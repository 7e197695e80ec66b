import { expect, it } from 'vitest';
import { refusalOf } from './server-questions.ts';

const FORMS = { capabilities: '{"elicitation":{"form":{}}}' };

it.each([
  ['elicitation/create', '', true],
  ['elicitation/create', '"mode":"form"', true],
  ['elicitation/create', '"mode":null', true],
  ['elicitation/create', '"mode":"url"', false],
  ['elicitation/create', '"mode":0', false],
  ['elicitation/create', '"mode":["form"]', false],
  ['elicitation/create', '"mode":"constructor"', false],
  ['elicitation/create', '"mode":"__proto__"', false],
  ['sampling/createMessage', '', false],
  ['constructor', '', false],
])('%s with {%s} of a client that declared forms: %s', (method, params, isAsked) => {
  expect(refusalOf(FORMS, method, params) === undefined).toBe(isAsked);
});
