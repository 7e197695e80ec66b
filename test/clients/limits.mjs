/** What a client itself cannot do, whatever the gateway answers; without `transport`, over both. */
export const LIMITS = [
  {
    name: 'Gemini CLI',
    transport: 'http',
    column: 'restart',
    why: 'it keeps the session that a 404 says is over, and fails until it is started again.',
  },
];
