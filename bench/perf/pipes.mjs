/** A gateway over stdio, and calls of its own tools one after the other. */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import process from 'node:process';
import { createInterface } from 'node:readline';

const META = {
  'io.modelcontextprotocol/protocolVersion': '2026-07-28',
  'io.modelcontextprotocol/clientInfo': { name: 'bench', version: '1' },
  'io.modelcontextprotocol/clientCapabilities': {},
};

/** @param {string} main the program. @param {{dir: string, env: object}} home */
export async function openPipes(main, { dir, env }) {
  const child = spawn(process.execPath, [main], { cwd: dir, env, stdio: ['pipe', 'pipe', 'ignore'] });
  const waiting = new Map();
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { id, ...message } = JSON.parse(line);
    waiting.get(id)?.(message);
    waiting.delete(id);
  });
  let last = 0;
  const request = (method, params) =>
    new Promise((resolve) => {
      const id = ++last;
      waiting.set(id, resolve);
      child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', id, method, params: { ...params, _meta: META } })}\n`);
    });
  return {
    pid: child.pid,
    /** The text of a result. @throws Error where the call failed */
    async tool(name, args) {
      const { result, error } = await request('tools/call', { name, arguments: args });
      const text = result?.content?.[0]?.text ?? JSON.stringify(error);
      if (result === undefined || result.isError === true) throw new Error(text);
      return text;
    },
    /** What agents see first. */
    list: () => request('tools/list', {}),
    async close() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.stdin.end();
      await ended;
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
