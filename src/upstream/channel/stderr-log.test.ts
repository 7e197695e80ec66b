import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import { memoryLog } from '../testing.ts';
import { StderrLog } from './stderr-log.ts';

function setUp() {
  const log = memoryLog();
  const clock = { now: 0 };
  const redact = (text: string): string => text.replaceAll('secret', '[redacted]');
  const stderrLog = new StderrLog({ server: 's', log, redact, now: () => clock.now });
  const push = (text: string): void => stderrLog.push(Buffer.from(text));
  return { clock, push, logged: () => log.lines.map(({ fields }) => fields['stderr']) };
}

describe('the log of stderr', () => {
  it('has whole lines, without secrets and without what a terminal would obey', () => {
    const { clock, push, logged } = setUp();
    push('a sec');
    expect(logged()).toEqual([]);
    push('ret\nhalf a sec');
    clock.now = 50;
    push('\u001b[31mret\u001b[0m\n');
    expect(logged()).toEqual(['a [redacted]', 'half a [redacted]']);
  });

  it('has a secret that escape sequences cut in no form', () => {
    const { push, logged } = setUp();
    push('sec\u001b[1mret\n');
    expect(logged()).toEqual(['[redacted]']);
  });

  it('has one entry in 50 ms, of 2000 characters', () => {
    const { clock, push, logged } = setUp();
    push(`${'x'.repeat(3000)}\n`);
    clock.now = 49;
    push('dropped\n');
    clock.now = 50;
    push('kept\n');
    expect(logged()).toEqual(['x'.repeat(2000), 'kept']);
  });
});
