import { Buffer } from 'node:buffer';
import { expect, it } from 'vitest';
import { createStderrTail } from './stderr-tail.ts';

const SECRET = 'geheim-12345-value';
const redact = (text: string): string => text.replaceAll(SECRET, '[redacted]');
const push = (tail: ReturnType<typeof createStderrTail>, text: string): void => tail.push(Buffer.from(text));

it('whoever follows is told whole lines: half a secret is not recognised', () => {
  const tail = createStderrTail(redact);
  const told: string[] = [];
  tail.follow((text) => told.push(text));
  push(tail, `starts with ${SECRET.slice(0, 8)}`);
  push(tail, `${SECRET.slice(8)}\nnext `);
  push(tail, 'line\n');
  expect(told).toEqual(['starts with [redacted]\n', 'next line\n']);
});

it.each([0, 1, 7, 17])('begins with a whole line where the beginning is gone: %i', (more) => {
  const tail = createStderrTail(redact, 40);
  for (let n = 0; n < 9; n++) push(tail, `${SECRET}\n`);
  push(tail, `${'x'.repeat(more)}\n`);
  expect(tail.text()).toMatch(/^(?:\[redacted\]\n)*x*\n$/);
  expect(tail.sentence()).not.toContain('value');
});

it('shows a line that is not finished, with the last of what came before', () => {
  const tail = createStderrTail(redact);
  push(tail, `one\n\u001b[31m${SECRET}\u001b[0m\npassword? `);
  expect(tail.text()).toBe('one\n[redacted]\npassword?');
  expect(tail.sentence()).toBe(' Its last output: "one | [redacted] | password?".');
});
