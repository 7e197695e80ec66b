/** What a server in a sandbox must not reach, set up beside a gateway. */
import { spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Server } from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { type Home, makeHome } from './home.ts';

/** Why there are no sandboxes here; undefined where there are. */
export function noSandbox(): string | undefined {
  if (process.platform !== 'linux') return 'bubblewrap is for Linux';
  const namespaces = ['user', 'pid', 'ipc', 'net'].map((name) => `--unshare-${name}`);
  const mounts = ['--ro-bind', '/', '/', '--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'];
  const tried = spawnSync('bwrap', [...namespaces, '--disable-userns', ...mounts, 'true'], { encoding: 'utf8' });
  if (tried.error !== undefined) return 'bubblewrap is not installed: apt-get install bubblewrap';
  return tried.status === 0 ? undefined : `bubblewrap does not work on this host: ${tried.stderr.trim()}`;
}

export interface Targets {
  readonly home: Home;
  /** Arguments of the burglar's tool. */
  readonly at: Readonly<Record<string, string | number>>;
  close(): void;
}

export const SECRET = 'secret-of-the-gateway-7421';

/** Files and sockets of every kind that is worth stealing. @param uid of whoever runs the gateway */
export async function makeTargets(uid: number): Promise<Targets> {
  const home = makeHome();
  const at = (name: string): string => path.join(home.dir, name);
  const files = {
    credential: at('config/agent-mcp-gateway/credentials/token'),
    other: at('other-server/data'),
    profile: at('.profile'),
    sshKey: at('.ssh/id_ed25519'),
    temporary: `/tmp/gateway-temporary-${process.pid}-${uid}`,
    note: at('readable/note'),
  };
  for (const file of Object.values(files)) {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, 'note');
  }
  mkdirSync(at('writable'));
  mkdirSync(at('cache/agent-mcp-gateway/run'), { recursive: true, mode: 0o700 });
  const listening: Server[] = [];
  const listen = async (where: string | number): Promise<number> => {
    const server = createServer((socket) => socket.destroy());
    listening.push(server);
    await new Promise<void>((resolve) => {
      if (typeof where === 'number') server.listen(where, '127.0.0.1', resolve);
      else server.listen(where, resolve);
    });
    const address = server.address() as AddressInfo | string | null;
    return typeof address === 'object' ? (address?.port ?? 0) : 0;
  };
  const sockets = {
    sshAgent: at('agent.sock'),
    docker: at('docker.sock'),
    abstract: `\0burglar-${process.pid}-${uid}`,
  };
  for (const socket of Object.values(sockets)) await listen(socket);
  const port = await listen(0);
  for (const name of readdirSync(home.dir, { recursive: true, encoding: 'utf8' })) chownSync(at(name), uid, uid);
  chownSync(home.dir, uid, uid);
  chmodSync(home.dir, 0o755);
  return {
    home,
    at: {
      ...files,
      ...sockets,
      port,
      secret: SECRET,
      home: home.dir,
      servers: home.servers,
      rules: home.rules,
      audit: home.audit,
      readable: at('readable'),
      writable: at('writable'),
    },
    close() {
      for (const server of listening) server.close();
      rmSync(files.temporary, { force: true });
    },
  };
}
