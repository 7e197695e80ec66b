/** What a client itself cannot do, whatever the gateway answers; without `transport`, over both. */

const LIBRARY = 'a call in a session that is over is an error, and the program has to connect again.';

export const LIMITS = [
  {
    name: 'Gemini CLI',
    transport: 'http',
    column: 'restart',
    why: 'it keeps the session that a 404 says is over, and fails until it is started again.',
  },
  {
    name: 'Copilot CLI',
    column: 'image',
    why: 'a model of another provider gets an empty text in the place of a picture.',
  },
  {
    name: 'Copilot CLI',
    transport: 'http',
    column: 'restart',
    why: 'while it opens its new session it has no tools of the gateway: a model that calls one at once gets an error.',
  },
  { name: 'Inspector', column: '70 s silent', why: 'its command line gives up after 60 s.' },
  { name: 'Java SDK', column: 'cancel', why: 'a program that gives up a call tells nobody.' },
  ...['TypeScript SDK 1', 'TypeScript SDK 2', 'Python SDK'].map((name) => ({
    name,
    transport: 'http',
    column: 'restart',
    why: LIBRARY,
  })),
];
