import { appendFileSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recordOf, tempDirectory } from './fixtures.ts';
import { ChainFollower } from './follow-chains.ts';
import { parseLine } from './parse-line.ts';
import { createBodies, FIRST_PREV, hashText, placeText, recordDigest } from './record-line.ts';
import { verifyLog } from './verify-log.ts';

const same = (text: string): string => text;

/** Lines of several writers, interleaved. */
function logOf(writers: readonly number[], fields: (index: number) => Parameters<typeof recordOf>[0] = () => ({})) {
  const last = new Map<number, { seq: number; prev: string }>();
  return writers.map((number, index) => {
    const { seq, prev } = last.get(number) ?? { seq: 0, prev: FIRST_PREV };
    const body = createBodies(same)(recordOf(fields(index)), '2025-06-15T12:00:00.000Z');
    const head = `${body}${placeText({ writer: `writer-${number}`, seq: seq + 1, prev, torn: 0 })}`;
    const hash = recordDigest(head);
    const line = `${head}${hashText(hash)}`;
    last.set(number, { seq: seq + 1, prev: hash });
    return line;
  });
}

const writers = fc.array(fc.nat(3), { minLength: 1, maxLength: 12 });

describe('verifyLog', () => {
  const write = (lines: readonly (string | Buffer)[], name = 'audit.jsonl', directory = tempDirectory()) => {
    const path = join(directory, name);
    writeFileSync(path, Buffer.concat(lines.map((line) => Buffer.concat([Buffer.from(line), Buffer.from('\n')]))));
    return path;
  };

  /** The same without a file. */
  const check = (bytes: Buffer) => {
    const follower = new ChainFollower({ rotated: [] });
    for (const [index, line] of bytes.toString('latin1').split('\n').entries()) {
      if (line !== '') follower.add(parseLine(Buffer.from(line, 'latin1')), 'log', index + 1);
    }
    return follower.findings();
  };

  it('property: whatever was recorded verifies', () => {
    const text = fc.string({ unit: 'binary', maxLength: 30 });
    const field = fc.record({
      server: text,
      claimed_agent: fc.option(text),
      detail: fc.dictionary(text, fc.jsonValue({ maxDepth: 1 }), { maxKeys: 3 }),
    });
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 4 }), writers, (fields, order) => {
        const lines = logOf(order, (index) => fields[index % fields.length] ?? {});
        expect(check(Buffer.from(lines.join('\n')))).toMatchObject({ records: order.length, problems: [] });
      }),
      { numRuns: 50 },
    );
  });

  it('property: any changed byte is located', () => {
    fc.assert(
      fc.property(writers, fc.nat(), fc.integer({ min: 1, max: 255 }), (order, where, mask) => {
        const bytes = Buffer.from(`${logOf(order).join('\n')}\n`);
        const at = where % bytes.length;
        bytes[at] = (bytes[at] ?? 0) ^ mask;
        // An end of line in place of the first byte leaves an empty line, and what is wrong on the next one.
        const upTo = bytes[at] === 0x0a && (at === 0 || bytes[at - 1] === 0x0a) ? at + 1 : at;
        const line = bytes.subarray(0, upTo).filter((byte) => byte === 0x0a).length + 1;
        expect(check(bytes).problems[0]?.line).toBe(line);
      }),
      { numRuns: 1000 },
    );
  });

  it('property: any removed line is located, but for the last ones of a writer', () => {
    fc.assert(
      fc.property(writers, fc.nat(), (order, where) => {
        const index = where % order.length;
        const writer = order[index] ?? 0;
        const following = order.indexOf(writer, index + 1);
        fc.pre(following >= 0);
        const { problems } = check(Buffer.from(logOf(order).toSpliced(index, 1).join('\n')));
        const seq = order.slice(0, index + 1).filter((one) => one === writer).length;
        expect(problems).toEqual([
          { kind: 'missing', writer: `writer-${writer}`, from: seq, to: seq, file: 'log', line: following },
        ]);
      }),
    );
  });

  it('locates a line that was replaced by another whole one', () => {
    const lines = logOf([0, 1, 0, 1, 0]);
    const forged = logOf([0, 1, 0], () => ({ decision: 'DENY' }))[2] ?? '';
    const { problems } = verifyLog(write(lines.toSpliced(2, 1, forged)));
    expect(problems).toMatchObject([
      { kind: 'replaced', line: 1 },
      { kind: 'replaced', line: 3 },
    ]);
  });

  it('locates lines that were doubled or moved', () => {
    const [a = '', b = '', c = ''] = logOf([0, 0, 0]);
    expect(verifyLog(write([a, b, b, c])).problems).toMatchObject([{ kind: 'repeated', line: 3, seq: 2 }]);
    expect(verifyLog(write([a, c, b])).problems).toMatchObject([
      { kind: 'missing', line: 2, from: 2, to: 2 },
      { kind: 'repeated', line: 3, seq: 2 },
    ]);
  });

  it('reports a changed line once, and not as missing too', () => {
    const lines = logOf([0, 0, 0]);
    for (const index of [0, 1, 2]) {
      const changed = lines.with(index, (lines[index] ?? '').replace('ALLOW', 'DENY'));
      const { problems } = verifyLog(write(changed));
      expect(problems).toEqual([
        { kind: 'changed', writer: 'writer-0', seq: index + 1, file: expect.any(String), line: index + 1 },
      ]);
    }
  });

  it('tells lines that no gateway wrote, but accepts those of an older program at the beginning', () => {
    const plain = '{"timestamp":"2025-01-01T00:00:00Z","operation":"list_servers","decision":"ALLOW"}';
    const lines = logOf([0, 0]);
    const old = verifyLog(write([plain, plain, ...lines]));
    expect(old).toMatchObject({ ok: true, records: 2 });
    expect(old.notes).toHaveLength(1);
    const { problems } = verifyLog(write([...lines, plain]));
    expect(problems).toMatchObject([{ kind: 'unchained', line: 3 }]);
  });

  it('reads garbage without failing, lines of any length included', () => {
    const lines = logOf([0, 0]);
    const huge = Buffer.alloc(3_000_000, 'x');
    const { problems, records } = verifyLog(
      write([lines[0] ?? '', huge, Buffer.from([0xff, 0xfe]), '[1]', 'null', '', lines[1] ?? '']),
    );
    expect(records).toBe(2);
    expect(problems.map(({ line }) => line)).toEqual([2, 3, 4, 5]);
  });

  it('takes a cut line for a failed write only at the very end, and where it has no line feed', () => {
    const lines = logOf([0, 0]);
    const part = (lines[1] ?? '').slice(0, 100);
    const path = write(lines.slice(0, 1));
    appendFileSync(path, part);
    const { ok, records, notes } = verifyLog(path);
    expect({ ok, records, notes }).toEqual({ ok: true, records: 1, notes: [expect.stringContaining(`${path}:2 is`)] });
    appendFileSync(path, '\n');
    expect(verifyLog(path).problems).toMatchObject([{ kind: 'unreadable', line: 2 }]);
    // Not at the end of the log, but of an older file of it.
    const directory = tempDirectory();
    const older = write(lines.slice(0, 1), 'audit.jsonl.000001', directory);
    appendFileSync(older, part);
    const newest = write(lines.slice(1), 'audit.jsonl', directory);
    expect(verifyLog(newest).problems).toMatchObject([{ kind: 'unreadable', file: older, line: 2 }]);
  });

  it('reads rotated files in order, and finds a whole file missing', () => {
    const directory = tempDirectory();
    const lines = logOf([0, 0, 0, 0, 0, 0]);
    const paths = [1, 2].map((n) => write(lines.slice(2 * n - 2, 2 * n), `audit.jsonl.00000${n}`, directory));
    const path = write(lines.slice(4), 'audit.jsonl', directory);
    expect(verifyLog(path)).toMatchObject({ ok: true, files: [...paths, path], records: 6 });
    // One rotated file by itself may begin anywhere.
    expect(verifyLog(paths[1] ?? '')).toMatchObject({ ok: true, records: 2 });
    const without = tempDirectory();
    copyFileSync(paths[0] ?? '', join(without, 'audit.jsonl.000001'));
    copyFileSync(path, join(without, 'audit.jsonl'));
    const { problems } = verifyLog(join(without, 'audit.jsonl'));
    expect(problems).toMatchObject([{ kind: 'missing', from: 3, to: 4, line: 1 }]);
  });

  it('reads what is there when a rotation was interrupted', () => {
    const directory = tempDirectory();
    const rotated = write(logOf([0, 0]), 'audit.jsonl.000001', directory);
    expect(verifyLog(join(directory, 'audit.jsonl'))).toMatchObject({ ok: true, files: [rotated], records: 2 });
    expect(() => verifyLog(join(directory, 'other.jsonl'))).toThrow(/ENOENT/);
  });

  it('finds the beginning of a log cut away', () => {
    const { problems } = verifyLog(write(logOf([0, 0, 0]).slice(1)));
    expect(problems).toMatchObject([{ kind: 'missing', from: 1, to: 1, line: 1 }]);
  });
});
