/** For the tests of this folder: a home, a working directory and settings that point there. */
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Flags, resolveSettings, type Settings } from './settings.ts';
import type { Environment } from './substitute.ts';

export interface Sandbox {
  readonly home: string;
  readonly cwd: string;
  /** The gateway's own folder below `home`. */
  readonly own: string;
  settings(flags?: Flags, env?: Environment): Settings;
  /** Writes a file, objects as JSON, and makes its folders. Gives the path. */
  write(path: string, content: unknown): Promise<string>;
  remove(): Promise<void>;
}

export async function makeSandbox(): Promise<Sandbox> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'gateway-config-')));
  const home = join(root, 'home');
  const cwd = join(root, 'project');
  await mkdir(home);
  await mkdir(cwd);
  return {
    home,
    cwd,
    own: join(home, '.config', 'agent-mcp-gateway'),
    settings: (flags = {}, env = {}) => resolveSettings(flags, env, { cwd, home }),
    write: async (path, content) => {
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
      return path;
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

export const SERVERS = { mcpServers: { files: { command: 'files-server' } } };
export const RULES = { agents: { dev: { allow: { servers: ['files'] } } } };
