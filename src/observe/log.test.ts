import { describe, expect, it } from 'vitest';
import { createLogger, type LoggerOptions } from './log.ts';
import { Redactor } from './redact.ts';

function capture(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const log = createLogger({
    debug: false,
    redact: (text) => text,
    pretty: false,
    colours: false,
    write: (line) => lines.push(line),
    ...options,
  });
  return { log, lines, records: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe('createLogger', () => {
  it('writes one JSON object per line, with time, level and message', () => {
    const { log, lines, records } = capture();
    log.info('ready');
    log.child({ server: 'github' }).warn({ attempt: 2 }, 'gone');
    expect(lines.every((line) => line.endsWith('}\n'))).toBe(true);
    expect(records()[0]).toEqual({ level: 'info', time: expect.stringMatching(/^\d{4}-.*Z$/), msg: 'ready' });
    expect(records()[1]).toMatchObject({ level: 'warn', server: 'github', attempt: 2, msg: 'gone' });
  });

  it('leaves debug out unless it is on', () => {
    const quiet = capture();
    quiet.log.debug('x');
    expect(quiet.lines).toEqual([]);
    const loud = capture({ debug: true });
    loud.log.debug('x');
    expect(loud.lines).toHaveLength(1);
  });

  it('redacts the final line, at debug level, in fields, errors and children too', () => {
    for (const pretty of [false, true]) {
      const redactor = new Redactor();
      redactor.add(['s3cr3t-"value']);
      const { log, lines } = capture({ debug: true, pretty, redact: redactor.redact });
      const secret = 's3cr3t-"value';
      log.debug(`plain ${secret}`);
      log.child({ token: secret }).info({ err: new Error('outer', { cause: new Error(secret) }), list: [secret] }, 'x');
      expect(lines).toHaveLength(2);
      expect(lines.join('')).not.toContain('s3cr3t');
      expect(lines.join('').match(/\[redacted\]/g)?.length).toBeGreaterThanOrEqual(4);
    }
  });

  it('takes no format from a message', () => {
    const { log, records } = capture();
    log.info({ n: 1 }, '100 %s %d %j');
    expect(records()[0]).toMatchObject({ msg: '100 %s %d %j' });
  });

  it('names an error with its code and causes, and its stack only at debug level', () => {
    const error = new Error('outer', { cause: Object.assign(new Error('disk'), { code: 'ENOSPC' }) });
    const quiet = capture();
    quiet.log.error({ err: error }, 'failed');
    expect(quiet.records()[0]).toMatchObject({
      err: { type: 'Error', message: 'outer', cause: { message: 'disk', code: 'ENOSPC' } },
    });
    expect(quiet.lines[0]).not.toContain('stack');
    const loud = capture({ debug: true });
    loud.log.error({ err: error }, 'failed');
    expect(loud.lines[0]).toContain('stack');
  });

  it('escapes what could drive a terminal, in both formats', () => {
    for (const pretty of [false, true]) {
      const { log, lines } = capture({ pretty });
      log.info({ name: 'a\u001b[2Jb\u202ec\u0085', '\u009bkey': 1 }, 'x\r\ny\u2028z\u009b');
      expect(lines[0]?.slice(0, -1)).not.toMatch(/[\p{Cc}\u2028-\u202e]/u);
      expect(lines[0]?.at(-1)).toBe('\n');
    }
  });

  it('bounds a line after escaping, whatever is in it, and keeps level, time and message', () => {
    for (const nasty of ['\u0001', '\u202e', '\ud800', 'x']) {
      for (const pretty of [false, true]) {
        const { log, lines } = capture({ pretty });
        const long = nasty.repeat(200_000);
        log.warn(
          { name: long, err: new Error(long, { cause: new Error(long) }), list: Array(2000).fill(long.slice(0, 99)) },
          'still here',
        );
        log.warn(
          Object.fromEntries(Array.from({ length: 1000 }, (_, n) => [`key${n}`, long.slice(0, 500)])),
          'still here',
        );
        log.warn(long);
        for (const line of lines) expect(line.length).toBeLessThan(40_000);
        expect(lines[0]).toContain('still here');
        expect(lines[1]).toContain('still here');
        expect(lines).toHaveLength(3);
      }
    }
  });

  it('writes for people as: time, level, message, fields', () => {
    const { log, lines } = capture({ pretty: true });
    log.warn({ server: 'git hub', n: 3, err: new Error('no') }, 'server is gone');
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d warn {2}server is gone server="git hub" n=3 err="no"\n$/);
  });

  it('colours the level only', () => {
    const { log, lines } = capture({ pretty: true, colours: true });
    log.error('x');
    expect(lines[0]).toContain(' \u001b[31merror\u001b[0m x\n');
  });

  it('does not fail on fields that JSON has no form for', () => {
    const { log, lines } = capture();
    const cyclic: Record<string, unknown> = { big: 10n };
    cyclic['self'] = cyclic;
    log.info(cyclic, 'odd');
    expect(lines).toHaveLength(1);
  });
});
