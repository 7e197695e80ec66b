import { Buffer } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REDACTED, Redactor, redactJson } from './redact.ts';

function redactorOf(...values: string[]) {
  const redactor = new Redactor();
  redactor.add(values);
  return redactor;
}

const secret = fc.string({ minLength: 6, maxLength: 40, unit: 'grapheme' }).map((text) => `7${text.trim()}!x9`);

describe('Redactor', () => {
  it('replaces every occurrence and nothing else', () => {
    const { redact } = redactorOf('hunter22');
    expect(redact('a hunter22, hunter2 and hunter22hunter22!')).toBe(
      `a ${REDACTED}, hunter2 and ${REDACTED}${REDACTED}!`,
    );
  });

  it('replaces short secrets, and short ones that are words, only as whole words; three characters are none', () => {
    const { redact } = redactorOf('ab1', '12345', 'x9y!', 'postgres', '');
    expect(redact('ab1 12345 112345 12345.6 x9y! postgres postgres_query my-postgres')).toBe(
      `ab1 ${REDACTED} 112345 12345.6 ${REDACTED} ${REDACTED} postgres_query my-postgres`,
    );
    expect(redact('at postgres.')).toBe(`at ${REDACTED}.`);
  });

  it.each(['server', 'decision', 'execute_tool', 'DENIED_BY_POLICY', 'implicit_grant', 'tools/call'])(
    'never replaces %s: it is a word of the gateway',
    (word) => {
      const line = JSON.stringify({ server: word, tool: `x ${word} y`, decision: word });
      expect(redactJson(line, redactorOf(word).redact)).toBe(line);
    },
  );

  it('leaves a name that everybody may read also where it contains a secret', () => {
    const redactor = redactorOf('db-1234');
    redactor.protect((word) => word === 'db-1234-prod.read');
    expect(redactor.redact('db-1234-prod.read db-1234-other')).toBe(`db-1234-prod.read ${REDACTED}-other`);
  });

  it('prefers the longest secret and joins overlapping ones, so that no end stays readable', () => {
    const { redact } = redactorOf('abcde1', 'abcde1-ghi', 'ghi-jklmn2');
    expect(redact('x abcde1-ghi y')).toBe(`x ${REDACTED} y`);
    expect(redact('x abcde1-ghi-jklmn2 y')).toBe(`x ${REDACTED} y`);
  });

  it('finds the JSON, URL and base64 forms', () => {
    const value = 'p"ss/wörd+1\\x';
    const { redact } = redactorOf(value);
    const forms = [
      JSON.stringify({ value }),
      JSON.stringify({ text: JSON.stringify({ value }) }),
      `https://x.example/?a=${encodeURIComponent(value)}&b=1`,
      `https://x.example/?a=${encodeURIComponent(value).toLowerCase()}`,
    ];
    for (const form of forms) expect(redact(form)).toContain(REDACTED);
    for (const prefix of ['', 'u', 'us', 'use', 'user:']) {
      const encoded = Buffer.from(`${prefix}${value}:tail`).toString('base64');
      expect(redact(`Basic ${encoded}`), prefix).toContain(REDACTED);
      expect(redact(Buffer.from(`${prefix}${value}`).toString('base64url')), prefix).toContain(REDACTED);
    }
  });

  it('knows the credential without its scheme, and the lines of a key', () => {
    const { redact } = redactorOf('Bearer tok-123456', 'BEGIN\nMIIEvQIBADANBgkqhkiG9w0B\nEND');
    expect(redact('token=tok-123456')).toBe(`token=${REDACTED}`);
    expect(redact('line MIIEvQIBADANBgkqhkiG9w0B')).toBe(`line ${REDACTED}`);
  });

  it('keeps the secrets of the configuration before, and forgets older ones', () => {
    const redactor = new Redactor();
    redactor.add(['lasting-1']);
    for (const value of ['first-11', 'second-2', 'third-33']) redactor.replace([value]);
    expect(redactor.redact('lasting-1 first-11 second-2 third-33')).toBe(
      `${REDACTED} first-11 ${REDACTED} ${REDACTED}`,
    );
  });

  it('does not take a public name for a secret', () => {
    const redactor = new Redactor();
    redactor.replace(['postgres', 'pg-password']);
    redactor.protect((word) => word === 'postgres');
    expect(redactor.redact('postgres pg-password')).toBe(`postgres ${REDACTED}`);
  });

  it('property: agrees with a naive search', () => {
    const parts = fc.array(fc.constantFrom('######', '#####2', '2######', '#2', '#', '2', ' '), { maxLength: 30 });
    const values = fc.uniqueArray(fc.constantFrom('######', '#####2', '2######2', '#2#2#2', '######22'), {
      minLength: 1,
    });
    fc.assert(
      fc.property(values, parts, (secrets, pieces) => {
        const text = pieces.join('');
        const { redact } = redactorOf(...secrets);
        const plain = redact(text);
        const hidden = Array.from(text, () => false);
        for (const value of secrets) {
          for (let at = text.indexOf(value); at >= 0; at = text.indexOf(value, at + 1)) {
            hidden.fill(true, at, at + value.length);
          }
        }
        const kept = [...text].filter((_, at) => !hidden[at]).join('');
        expect(plain.replaceAll(REDACTED, '')).toBe(kept);
      }),
      { numRuns: 500 },
    );
  });

  it('property: no secret survives in JSON, at any place', () => {
    fc.assert(
      fc.property(secret, fc.string(), fc.string(), (value, before, after) => {
        const { redact } = redactorOf(value);
        const line = JSON.stringify({ [`${before}${value}`]: [`${before}${value}${after}`] });
        const clean = JSON.parse(redactJson(line, redact)) as Record<string, string[]>;
        expect(Object.keys(clean)[0]).toContain(REDACTED);
        expect(Object.values(clean)[0]?.[0]).toContain(REDACTED);
      }),
    );
  });

  it('does not slow down with the length of runs that look like the start of a secret', () => {
    const { redact } = redactorOf(`${'a'.repeat(200)}b`);
    const text = 'a'.repeat(100_000);
    expect(redact(text)).toBe(text);
  });
});

describe('redactJson', () => {
  it('stays JSON where a secret looks like structure or like a number', () => {
    const { redact } = redactorOf('123456', '","to":"');
    const line = '{"size":123456,"from":"123456","to":"x"}';
    expect(redactJson(line, redact)).toBe(`{"size":123456,"from":"${REDACTED}","to":"x"}`);
  });

  it('redacts what is not JSON as text', () => {
    expect(redactJson('{hunter22', redactorOf('hunter22').redact)).toBe(`{${REDACTED}`);
  });
});

it('secrets that are renewed stay known for one generation more, each owner for itself', () => {
  const redactor = new Redactor();
  redactor.renew('one', ['access-1', 'refresh-1']);
  redactor.renew('other', ['elsewhere']);
  redactor.renew('one', ['access-2', 'refresh-2']);
  // The same again is no new generation.
  redactor.renew('one', ['access-2', 'refresh-2']);
  expect(redactor.redact('access-1 access-2 elsewhere')).toBe(`${REDACTED} ${REDACTED} ${REDACTED}`);
  redactor.renew('one', ['access-3', 'refresh-3']);
  expect(redactor.redact('access-1 access-2 access-3 elsewhere')).toBe(`access-1 ${REDACTED} ${REDACTED} ${REDACTED}`);
});
