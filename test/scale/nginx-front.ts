/** A real nginx in front of replicas, with the configuration of deploy/compose. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { request } from '../support/http.ts';
import { root } from '../support/paths.ts';
import { until } from '../support/process.ts';

const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** Ends it with this process, also where a test failed. */
export function endWithUs(child: ChildProcess): void {
  children.add(child);
  child.once('exit', () => children.delete(child));
}

/** True where nginx is installed. */
export const hasNginx: boolean = spawnSync('nginx', ['-v']).status === 0;

export interface Nginx {
  /** The MCP endpoint. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts it with the replicas of these ports in turn. */
export async function startNginx(ports: readonly number[]): Promise<Nginx> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'gateway-nginx-'));
  mkdirSync(path.join(folder, 'tmp'));
  const port = await freePort();
  const file = path.join(folder, 'nginx.conf');
  writeFileSync(file, configuration(port, ports, folder));
  const child = spawn('nginx', ['-p', folder, '-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  endWithUs(child);
  let told = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (told += chunk));
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const origin = `http://127.0.0.1:${port}`;
  const answers = async (): Promise<boolean> => {
    if (child.exitCode !== null) throw new Error(`nginx ended:\n${told}`);
    return request(`${origin}/health`).then(
      ({ status }) => status === 200,
      () => false,
    );
  };
  await until(answers, 'nginx answers');
  return {
    url: `${origin}/mcp`,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The file of deploy/compose, with these ports and this folder in it. */
function configuration(port: number, ports: readonly number[], folder: string): string {
  const text = readFileSync(path.join(root, 'deploy/compose/nginx.conf'), 'utf8');
  const gateways = ports.map((one) => `server 127.0.0.1:${one} max_fails=1 fail_timeout=1s;`).join('\n        ');
  return text
    .replace(/(?:server gateway-\d:8000 .*\n\s*)+/g, `${gateways}\n        `)
    .replace('listen 8080', `listen 127.0.0.1:${port}`)
    .replaceAll(' /tmp/', ` ${folder}/tmp/`)
    .replace('worker_processes auto', 'worker_processes 1');
}

/** A port that is free now; whoever takes it does so at once. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
