import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createAnswerBudget } from '../channel/answer-budget.ts';
import { createStderrTail } from './stderr-tail.ts';
import { messageIn, StdoutReader } from './stdout-reader.ts';

it.each([
  ['{"a":1}', '{"a":1}'],
  ['[{}]', '[{}]'],
  ['\ufeff{}', '{}'],
  ['\0\0{}', '{}'],
  ['\t {}', '{}'],
  ['10 %\r20 %\r{}', '{}'],
  ['\u001b[0m\u001b[2K{}', '{}'],
  ['\u001b]0;title\u0007{}', '{}'],
  ['\u001b]0;title\u001b\\{}', '{}'],
  ['{}\u001b[0m', '{}'],
  ['{}\r\r', '{}'],
  ['{"cut":', '{"cut":'],
  ['listening on 8000', undefined],
  ['sent {"id":1}', undefined],
  ['', undefined],
  ['"text"', undefined],
])('of the line %j the message is %j', (line, message) => {
  expect(messageIn(line)).toBe(message);
});

it('leaves every JSON object and list as it is', () => {
  fc.assert(
    fc.property(fc.oneof(fc.object(), fc.array(fc.json())), (value) => {
      const text = JSON.stringify(value);
      expect(messageIn(text)).toBe(text);
    }),
  );
});

it('says that a server is active with its first message, however much it wrote before', async () => {
  const stdout = new PassThrough();
  const seen: string[] = [];
  new StdoutReader(
    stdout,
    {
      active: () => seen.push('active'),
      message: (text, _of, flaw) => {
        seen.push(flaw === undefined ? text : `! ${text}`);
        return text.includes('jsonrpc');
      },
    },
    {
      server: 'server',
      maxMessageBytes: 100,
      tail: createStderrTail(String),
      warn: () => undefined,
      redact: String,
      endless: () => seen.push('endless'),
      failed: () => seen.push('failed'),
    },
  );
  stdout.write('hello\n\n\r\n{braces}\n');
  stdout.write(Buffer.from('d\xe9j\xe0\n{"jsonrpc":"\xe9"}\n', 'latin1'));
  stdout.end(`${'x'.repeat(200)}\n{"jsonrpc":"after"}\n`);
  await new Promise((resolve) => stdout.once('end', resolve));
  expect(seen).toEqual(['{braces}', '! {"jsonrpc":"é"}', 'active', 'endless']);
});

it.each([
  ['one that is large', `{"jsonrpc":"${'é'.repeat(200_000)}"}`],
  ['one that is large, and noise', `${'x'.repeat(300_000)}`],
])('messages come in their order: %s is read before those behind it', async (_name, large) => {
  const stdout = new PassThrough();
  const seen: string[] = [];
  const reading = new StdoutReader(
    stdout,
    {
      active: () => undefined,
      message: (text) => {
        const took = (): boolean => seen.push(text.slice(0, 14)) > 0;
        return text.length > 300_000 ? new Promise<boolean>(setImmediate).then(took) : took();
      },
    },
    {
      server: 'server',
      maxMessageBytes: 1_000_000,
      tail: createStderrTail(String),
      warn: () => seen.push('noise'),
      redact: String,
      endless: () => undefined,
      failed: (error) => seen.push(String(error)),
    },
  );
  stdout.end(`{"jsonrpc":1}\n${large}\n{"jsonrpc":2}\nnoise\n{"jsonrpc":3}\n`);
  await new Promise((resolve) => stdout.once('end', resolve));
  while (reading.isBusy) await new Promise(setImmediate);
  const [first] = large;
  expect(seen).toEqual([
    '{"jsonrpc":1}',
    first === '{' ? large.slice(0, 14) : 'noise',
    '{"jsonrpc":2}',
    'noise',
    '{"jsonrpc":3}',
  ]);
});

it.each([
  ['first', (value: string) => `{"jsonrpc":"2.0","id":7,"result":{"x":"${value}"}}`],
  ['last', (value: string) => `{"result":{"x":"${value}","id":3},"jsonrpc":"2.0","id":7}`],
])('an answer for which there is no room fails its call, with the id %s', async (_name, answer) => {
  const others = Array.from({ length: 8 }, () => createAnswerBudget('server'));
  for (const other of others) expect(other.grow(16 * 1024 * 1024)).toBe(true);
  const stdout = new PassThrough();
  const seen: unknown[] = [];
  new StdoutReader(
    stdout,
    {
      active: () => undefined,
      message: (text, _of, flaw) => seen.push([text, flaw]) > 0,
    },
    {
      server: 'server',
      maxMessageBytes: 10_000_000,
      tail: createStderrTail(String),
      warn: (what) => seen.push(what),
      redact: String,
      endless: () => seen.push('endless'),
      failed: (error) => seen.push(String(error)),
    },
  );
  const written = `${answer('x'.repeat(3_000_000))}\n{"jsonrpc":2}\n`;
  for (let at = 0; at < written.length; at += 65_536) stdout.write(written.slice(at, at + 65_536));
  stdout.end();
  await new Promise((resolve) => stdout.once('end', resolve));
  expect(seen).toEqual([
    ['{"id":7}', expect.stringContaining('no room for it now')],
    ['{"jsonrpc":2}', undefined],
  ]);
  for (const other of others) other.end();
});
