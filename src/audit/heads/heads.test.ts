import { execFileSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linesOf, openTestAudit, recordOf, tempDirectory } from '../fixtures.ts';
import type { LogLine } from '../parse-line.ts';
import { verifyLog } from '../verify-log.ts';
import { HeadChecker } from './check-heads.ts';
import { openHeadKey, publicPem, readHeadKey } from './head-key.ts';
import { HeadSender } from './head-sender.ts';
import { headTarget } from './head-targets.ts';
import { type ChainHead, type HeadStatement, readSignedHead, signHead } from './signed-head.ts';

const key = generateKeyPairSync('ed25519').privateKey;
const AT = '2026-11-30T12:00:00.000Z';
const HEAD: ChainHead = { writer: 'w', seq: 3, hash: 'a'.repeat(64) };

describe('a signed head', () => {
  const line = signHead(key, '/log', { at: AT, writers: [HEAD] });

  it('is read with either half of its key, whatever a daemon wrote before it', () => {
    for (const half of [key, createPublicKey(key)]) {
      expect(readSignedHead(half, `<109>1 - host x - - - ${line}\n`)).toMatchObject({ at: AT, writers: [HEAD] });
    }
    expect(readSignedHead(key, 'something else')).toBeUndefined();
  });

  it('is forged once anything in it is another', () => {
    expect(readSignedHead(generateKeyPairSync('ed25519').privateKey, line)).toBe('forged');
    fc.assert(
      fc.property(fc.nat(line.length - 1), fc.constantFrom('0', 'x', '"', 'B', '/'), (at, other) => {
        fc.pre(line[at] !== other);
        expect(readSignedHead(key, line.slice(0, at) + other + line.slice(at + 1))).not.toMatchObject({ at: AT });
      }),
    );
    const last = line.length - '=="}'.length - 1;
    for (const other of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/') {
      if (other === line[last]) continue;
      expect(readSignedHead(key, line.slice(0, last) + other + line.slice(last + 1)), other).toBe('forged');
    }
  });
});

describe('the key', () => {
  it('is made once, for its owner alone, and its public half checks', () => {
    const path = join(tempDirectory(), 'own', 'key.pem');
    const made = openHeadKey(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(publicPem(openHeadKey(path))).toBe(publicPem(made));
    chmodSync(path, 0o644);
    openHeadKey(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    writeFileSync(`${path}.pub`, publicPem(made));
    expect(readSignedHead(readHeadKey(`${path}.pub`), signHead(made, '/log', { at: AT, writers: [] }))).toMatchObject({
      at: AT,
    });
  });

  it('of another kind is refused', () => {
    const path = join(tempDirectory(), 'key.pem');
    writeFileSync(
      path,
      generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
    );
    expect(() => openHeadKey(path)).toThrow('no Ed25519 key');
    expect(() => readHeadKey(`${path}.none`)).toThrow('There is no key');
    execFileSync('mkfifo', [`${path}.pipe`]);
    expect(() => openHeadKey(`${path}.pipe`)).toThrow('cannot be read (ESPIPE)');
  });
});

describe('a log against heads', () => {
  const statement = (head: ChainHead | undefined): HeadStatement => ({
    at: AT,
    writers: head === undefined ? [] : [head],
  });
  const written = async (count: number) => {
    const { audit, path } = openTestAudit();
    const heads: HeadStatement[] = [];
    for (let n = 0; n < count; n++) {
      await audit.append(recordOf({ request_id: `r-${n}` }));
      heads.push(statement(audit.head()));
    }
    return { path, heads };
  };

  it('is intact where all that they say is there', async () => {
    const { path, heads } = await written(5);
    expect(verifyLog(path, [], heads)).toMatchObject({ ok: true, heads: [] });
    expect(verifyLog(path).heads).toBeUndefined();
  });

  it('that was cut, written anew, or removed is found, wherever', async () => {
    const { path, heads } = await written(6);
    const lines = linesOf(path);
    for (let left = 1; left < lines.length; left++) {
      writeFileSync(
        path,
        lines
          .slice(0, left)
          .map((line) => `${line}\n`)
          .join(''),
      );
      expect(verifyLog(path)).toMatchObject({ ok: true });
      const { ok, heads: found } = verifyLog(path, [], heads);
      expect(ok).toBe(false);
      expect(found?.map(({ kind, seq }) => [kind, seq])).toEqual(
        lines.slice(left).map((_, at) => ['cut', left + at + 1]),
      );
    }
    // Somebody who can write the file writes a whole new chain.
    const other = await written(6);
    expect(verifyLog(other.path, [], heads.slice(-1))).toMatchObject({ ok: false, heads: [{ kind: 'gone', seq: 6 }] });
    const forged = other.heads.map(({ writers }) => statement(writers[0] && { ...writers[0], hash: 'b'.repeat(64) }));
    expect(verifyLog(other.path, [], forged).heads?.every(({ kind }) => kind === 'rewritten')).toBe(true);
  });

  it('that the gateway shortened itself is intact', async () => {
    const { audit, path } = openTestAudit({ maxBytes: 4000, keep: 1, minAgeMs: 0 });
    const heads: HeadStatement[] = [];
    for (let n = 0; n < 60; n++) {
      await audit.append(recordOf({ request_id: `r-${n}` }));
      heads.push(statement(audit.head()));
      await audit.settled();
    }
    expect(readFileSync(path, 'utf8')).not.toContain('"seq":1,');
    expect(verifyLog(path, [], heads)).toMatchObject({ ok: true, heads: [] });
  });
});

describe('heads that contradict each other or the log', () => {
  const at = (writer: string, seq: number, hash: string): HeadStatement => ({
    at: AT,
    writers: [{ writer, seq, hash }],
  });
  const lineOf = (
    writer: string,
    seq: number,
    hash: string,
    last?: readonly (readonly [string, number])[],
  ): LogLine => ({
    ...{ kind: 'intact', writer, seq, prev: '', hash, torn: 0 },
    ...(last === undefined ? {} : { pruned: { number: 1, last: new Map(last), forgotten: 0 } }),
  });
  const kinds = (heads: readonly HeadStatement[], lines: readonly LogLine[]): string[] => {
    const checker = new HeadChecker(heads);
    for (const line of lines) checker.add(line);
    return checker.problems([], false).map(({ kind }) => kind);
  };

  it('a head that was signed later for the same record does not take the place of the one that was sent', () => {
    const heads = [at('w', 3, 'aa'), at('w', 3, 'bb')];
    for (const hash of ['aa', 'bb']) expect(kinds(heads, [lineOf('w', 3, hash)])).toEqual(['rewritten']);
    expect(kinds(heads, [])).toEqual(['gone']);
    expect(
      kinds(
        [heads[0], heads[0]].flatMap((head) => head ?? []),
        [lineOf('w', 3, 'aa')],
      ),
    ).toEqual([]);
  });

  it('a record that no head confirms excuses nothing: whoever can write the log can write that the gateway removed it', () => {
    const removal = lineOf('x', 1, 'cc', [['w', 9]]);
    expect(kinds([at('w', 3, 'aa')], [removal])).toEqual(['unproven']);
    expect(kinds([at('w', 3, 'aa'), at('x', 1, 'other')], [removal])).toEqual(['rewritten', 'unproven']);
    expect(kinds([at('w', 3, 'aa'), at('x', 2, 'dd')], [removal, lineOf('x', 2, 'dd')])).toEqual([]);
    expect(kinds([at('w', 3, 'aa'), at('x', 2, 'dd')], [lineOf('x', 2, 'dd'), { ...removal, ...{ seq: 3 } }])).toEqual([
      'unproven',
    ]);
  });
});

describe('sending', () => {
  it('appends to a file, posts, and speaks both forms of syslog', async () => {
    const file = join(tempDirectory(), 'heads.jsonl');
    const posted: unknown[] = [];
    const post = async (...all: unknown[]) => void posted.push(all);
    await headTarget(file, post).send('{"a":1}');
    await headTarget(file, post).send('{"a":2}');
    expect(readFileSync(file, 'utf8')).toBe('{"a":1}\n{"a":2}\n');
    const web = headTarget('https://user:secret@example.com/x', post);
    await web.send('{"a":3}');
    expect(web.name).toBe('https://example.com');
    expect(posted).toEqual([['https://user:secret@example.com/x', {}, '{"a":3}']]);

    const udp = createSocket('udp4').bind(0, '127.0.0.1');
    await once(udp, 'listening');
    const datagram = once(udp, 'message');
    await headTarget(`syslog://127.0.0.1:${udp.address().port}`, post).send('{"a":4}');
    expect(String((await datagram)[0])).toMatch(/^<109>1 \S+Z \S+ agent-mcp-gateway \d+ audit_head - \{"a":4\}$/);
    udp.close();

    let text = '';
    const tcp = createServer((socket) => socket.on('data', (chunk) => (text += String(chunk)))).listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    await headTarget(`syslog+tcp://127.0.0.1:${(tcp.address() as AddressInfo).port}`, post).send('{"a":5}');
    tcp.close();
    const [, length, message = ''] = /^(\d+) (.*)$/s.exec(text) ?? [];
    expect(message).toHaveLength(Number(length));
    expect(message).toContain('{"a":5}');
    expect(() => headTarget('heads.jsonl', post)).toThrow('whole path');
    await expect(headTarget('/dev/null/heads', post).send('x')).rejects.toMatchObject({ code: 'CANNOT_WRITE' });
  });

  it('a place that is stuck holds up no other, is said once, and is asked once', async () => {
    const said: string[] = [];
    const got: string[] = [];
    let asked = 0;
    let head: ChainHead = HEAD;
    const sender = new HeadSender({
      head: () => head,
      sign: ([one]) => `head ${one?.seq}`,
      targets: [
        { name: 'good', send: async (line) => void got.push(line) },
        { name: 'stuck', send: () => new Promise<void>(() => asked++) },
      ],
      everyMs: 1_000_000,
      slowMs: 1,
      onFailure: (name) => said.push(name),
      onRecovery: () => undefined,
    });
    for (const seq of [3, 4, 5]) {
      head = { ...HEAD, seq };
      void sender.send();
      await expect.poll(() => got.at(-1), { interval: 1 }).toBe(`head ${seq}`);
    }
    await expect.poll(() => said, { interval: 1 }).toEqual(['stuck']);
    expect(asked).toBe(1);
    const pipe = join(tempDirectory(), 'pipe');
    execFileSync('mkfifo', [pipe]);
    await expect(headTarget(pipe, async () => undefined).send('x')).rejects.toMatchObject({ code: 'CANNOT_WRITE' });
    expect(() => headTarget('syslog://', async () => undefined)).toThrow('whole path');
  });

  it('sends each head once to each place, again where one failed, and says a failure once', async () => {
    const said: string[] = [];
    const got: string[] = [];
    let isDown = true;
    let head: ChainHead | undefined;
    const sender = new HeadSender({
      head: () => head,
      sign: ([one]) => `head ${one?.seq}`,
      targets: [
        { name: 'good', send: async (line) => void got.push(line) },
        {
          name: 'bad',
          async send() {
            if (isDown) throw new Error('down');
          },
        },
      ],
      everyMs: 1_000_000,
      onFailure: (name) => said.push(`failed ${name}`),
      onRecovery: (name) => said.push(`recovered ${name}`),
    });
    await sender.send();
    expect(got).toEqual([]);
    head = HEAD;
    await Promise.all([sender.send(), sender.send()]);
    isDown = false;
    await sender.send();
    head = { ...HEAD, seq: 4 };
    await sender.close();
    expect(got).toEqual(['head 3', 'head 4']);
    expect(said).toEqual(['failed bad', 'recovered bad']);
  });
});
