/** Servers of others in the sandboxes of docs/sandbox-entries.md, and in those that `sandbox suggest` proposes. Long: they are installed. */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer as createHttps, type Server as Https } from 'node:https';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { serveStdio } from '../support/gateway.ts';
import { makeHome, servers, withPrincipals } from '../support/home.ts';
import { type Entry, knownServers, makeCertificate, type Tries } from '../support/known-servers.ts';
import { runCli } from '../support/process.ts';
import { noSandbox } from '../support/sandbox.ts';
import { execute, getTools, type ToolResult } from '../support/tools.ts';

const RULES = withPrincipals({ default: { allow: { servers: ['*'] } } });
const isHere = process.env['LONG'] === '1' && noSandbox() === undefined;
const NAMES = 'everything filesystem memory thinking playwright devtools commander time git fetch sqlite calculator';
const LONG_MS = 180_000;

const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'known-')));
const at = (...names: string[]): string => path.join(folder, ...names);
const folders = { project: at('project'), data: at('data') };
const SECRET = at('elsewhere/secret');

const TRIES: Readonly<Record<string, Tries>> = {
  everything: { works: { tool: 'echo', args: { message: 'to and fro' }, says: 'to and fro' } },
  filesystem: {
    works: { tool: 'write_file', args: { path: at('project/a.txt'), content: 'hi' }, says: 'a.txt' },
    fails: { tool: 'read_text_file', args: { path: at('project/link') }, says: '' },
  },
  memory: {
    works: {
      tool: 'create_entities',
      args: { entities: [{ name: 'a', entityType: 'b', observations: ['c'] }] },
      says: '"a"',
    },
  },
  thinking: {
    works: {
      tool: 'sequentialthinking',
      args: { thought: 'one', nextThoughtNeeded: false, thoughtNumber: 1, totalThoughts: 1 },
      says: 'thoughtNumber',
    },
  },
  playwright: {
    works: { tool: 'browser_navigate', args: { url: 'https://www.example.com/' }, says: 'to and fro' },
    fails: { tool: 'browser_navigate', args: { url: 'https://other.example.com/' }, says: 'ERR_' },
  },
  devtools: {
    works: { tool: 'new_page', args: { url: 'data:text/html,<title>to and fro</title>' }, says: 'data:text/html' },
    fails: { tool: 'new_page', args: { url: 'http://127.0.0.1:{port}/' }, says: 'ERR_' },
  },
  commander: {
    works: {
      tool: 'start_process',
      args: { command: `echo to and fro > ${at('project/b.txt')}; cat ${at('project/b.txt')}`, timeout_ms: 20_000 },
      says: 'to and fro',
    },
    fails: { tool: 'start_process', args: { command: `cat ${SECRET}`, timeout_ms: 20_000 }, says: 'No such file' },
  },
  time: { works: { tool: 'get_current_time', args: { timezone: 'Asia/Tokyo' }, says: '+09:00' } },
  git: {
    works: { tool: 'git_status', args: { repo_path: at('project') }, says: 'a.txt' },
    fails: { tool: 'git_status', args: { repo_path: at('elsewhere') }, says: at('elsewhere') },
  },
  fetch: {
    works: { tool: 'fetch', args: { url: 'https://www.example.com/' }, says: 'to and fro' },
    fails: { tool: 'fetch', args: { url: 'https://other.example.com/' }, says: 'Failed to fetch' },
  },
  sqlite: { works: { tool: 'create_table', args: { query: 'CREATE TABLE a (b)' }, says: 'created' } },
  calculator: { works: { tool: 'calculate', args: { expression: '6 * 7' }, says: '42' } },
};

/** The process and all its descendants. */
function family(pid: number): readonly number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
    return [pid, ...children.flatMap((child) => family(Number(child)))];
  } catch {
    return [];
  }
}

/** True for a process that sees other files than this one. */
function isWalled(pid: number): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/mnt`) !== readlinkSync('/proc/self/ns/mnt');
  } catch {
    return false;
  }
}

/** All text of a result. */
function textOf({ content }: ToolResult): string {
  return content.map((block) => ('text' in block ? String(block.text) : '')).join('\n');
}

describe.skipIf(!isHere)('servers of others', () => {
  let entries: ReadonlyMap<string, Entry>;
  let https: Https;
  /** The proxy of the gateway: what it is asked for is this machine's own server. */
  let outside: Server;
  let certificate: string;

  beforeAll(async () => {
    for (const name of ['project', 'data', 'elsewhere']) mkdirSync(at(name));
    for (const name of ['project', 'elsewhere']) spawnSync('git', ['init', '-q', at(name)]);
    writeFileSync(at('project/a.txt'), 'a');
    writeFileSync(SECRET, 'secret');
    spawnSync('ln', ['-s', SECRET, at('project/link')]);
    const files = makeCertificate(at('data'));
    certificate = files.certificate;
    const terms = { key: readFileSync(files.key), cert: readFileSync(certificate) };
    https = createHttps(terms, ({ url }, response) => {
      if (url === '/robots.txt') response.writeHead(404).end();
      else response.writeHead(200, { 'content-type': 'text/html' }).end('<title>to and fro</title><p>to and fro</p>');
    });
    outside = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        https.emit('connection', socket);
      });
    });
    await new Promise<void>((resolve) => outside.listen(0, '127.0.0.1', resolve));
    entries = await knownServers(folders);
  }, 600_000);
  afterAll(() => {
    outside.close();
    rmSync(folder, { recursive: true });
  });

  const port = (): number => (outside.address() as AddressInfo).port;

  /** What only this test needs: to trust its certificate. */
  function trusting(name: string): Entry {
    const entry = entries.get(name);
    if (entry === undefined) throw new Error(`The page has no entry "${name}".`);
    if (name === 'playwright') return { ...entry, args: [...(entry.args ?? []), '--ignore-https-errors'] };
    if (name !== 'fetch') return entry;
    const { sandbox } = entry;
    const read = [...(sandbox?.read ?? []), certificate];
    return { ...entry, env: { ...entry.env, SSL_CERT_FILE: certificate }, sandbox: { ...sandbox, read } };
  }

  it.each(NAMES.split(' '))(
    '%s works in the sandbox of its page, and reaches nothing else',
    { timeout: LONG_MS },
    async (name) => {
      const gateway = await serveStdio({
        servers: servers({ [name]: trusting(name) }),
        rules: RULES,
        env: { HTTPS_PROXY: `http://127.0.0.1:${port()}` },
      });
      const { works, fails } = TRIES[name] ?? {};
      expect((await getTools(gateway.rpc, { server: name })).total_available).toBeGreaterThan(0);
      const call = ({ tool, args }: { tool: string; args: object }) =>
        execute(gateway.rpc, {
          server: name,
          tool,
          args: JSON.parse(JSON.stringify(args).replace('{port}', String(port()))),
          timeout_ms: 60_000,
        });
      if (works === undefined) throw new Error('Nothing is tried.');
      const worked = await call(works);
      expect(textOf(worked)).toContain(works.says);
      expect(worked.isError ?? false).toBe(false);
      if (fails !== undefined) {
        const answer = textOf(await call(fails));
        expect(answer).toContain(fails.says);
        expect(answer).not.toContain('to and fro');
      }
      const walled = family(gateway.running.pid).filter(isWalled);
      expect(walled.length).toBeGreaterThan(0);
      for (const pid of walled) {
        expect(existsSync(`/proc/${pid}/root${SECRET}`)).toBe(false);
        expect(existsSync(`/proc/${pid}/root${gateway.home.servers}`)).toBe(false);
      }
      await gateway.stop();
    },
  );

  it.each(NAMES.split(' '))(
    '`sandbox suggest %s` proposes an entry with which it works',
    { timeout: LONG_MS },
    async (name) => {
      const { sandbox: _, ...bare } = trusting(name);
      const home = makeHome({ servers: servers({ [name]: bare }), rules: RULES });
      const { code, stdout, stderr } = await runCli(['sandbox', 'suggest', name], { env: home.env, cwd: home.cwd });
      home.remove();
      expect(code, stderr).toBe(0);
      const { sandbox } = JSON.parse(stdout) as { sandbox: { read: string[]; write: string[]; network: boolean } };
      const broad = ['/', '/root', '/home', '/etc', tmpdir(), process.env['HOME']];
      for (const listed of [...sandbox.read, ...sandbox.write]) expect(broad).not.toContain(listed);
      const gateway = await serveStdio({ servers: servers({ [name]: { ...bare, sandbox } }), rules: RULES });
      expect((await getTools(gateway.rpc, { server: name })).total_available).toBeGreaterThan(0);
      await gateway.stop();
    },
  );
});
