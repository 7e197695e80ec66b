/** The entries of docs/sandbox-entries.md, for servers that are installed from their registries, and what is tried on each. */
import { spawnSync } from 'node:child_process';
import { readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.ts';

interface Install {
  installNpm(servers: readonly Listed[]): string;
  installPython(name: string, pins: readonly string[]): string;
}

interface Listed {
  readonly name: string;
  readonly from: string;
}

interface Lists {
  readonly SERVERS: readonly Listed[];
  readonly PYTHON: Readonly<Record<string, readonly string[]>>;
}

export interface Entry {
  readonly command: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly sandbox?: {
    readonly read?: readonly string[];
    readonly write?: readonly string[];
    readonly network?: unknown;
  };
}

export interface Call {
  readonly tool: string;
  readonly args: object;
  /** Part of the answer. */
  readonly says: string;
}

/** What works inside, and what does not since the entry does not allow it. */
export interface Tries {
  readonly works: Call;
  readonly fails?: Call;
}

const PACKAGES = ['everything', 'filesystem', 'memory', 'sequential-thinking']
  .map((name) => `@modelcontextprotocol/server-${name}`)
  .concat('@playwright/mcp', 'chrome-devtools-mcp', '@wonderwhy-er/desktop-commander');

/** The page's entries, their folders replaced. @param folders of `/srv/project` and `/srv/data` */
export async function knownServers(folders: {
  readonly project: string;
  readonly data: string;
}): Promise<ReadonlyMap<string, Entry>> {
  const load = (name: string): Promise<unknown> => import(path.join(root, 'test/servers', name));
  const { installNpm, installPython } = (await load('install.mjs')) as Install;
  const { SERVERS, PYTHON } = (await load('list.mjs')) as Lists;
  const python = (name: string): Python => pythonIn(path.dirname(installPython(name, PYTHON[name] ?? [])));
  const npm = installNpm(SERVERS.filter(({ from, name }) => from === 'npm' && PACKAGES.includes(name)));
  const [reference, official] = [python('reference'), python('official')];
  const page = readFileSync(path.join(root, 'docs/sandbox-entries.md'), 'utf8');
  const text = /```json\n([\s\S]*?)```/.exec(page)?.[1] ?? '{}';
  const { mcpServers } = JSON.parse(text) as { mcpServers: Record<string, Entry> };
  return new Map(
    Object.entries(mcpServers).map(([name, entry]) => {
      const { folder, base } = name === 'sqlite' || name === 'calculator' ? official : reference;
      const filled = JSON.stringify(entry)
        .replaceAll('/srv/mcp', npm)
        .replaceAll('"/srv/python"', [folder, ...base].map((one) => JSON.stringify(one)).join(','))
        .replaceAll('/srv/python', folder)
        .replaceAll('/srv/project', folders.project)
        .replaceAll('/srv/data', folders.data);
      return [name, JSON.parse(filled) as Entry];
    }),
  );
}

/** An environment of Python, and the Python that it was made with where that is not the one of the system. */
interface Python {
  readonly folder: string;
  readonly base: readonly string[];
}

function pythonIn(folder: string): Python {
  const base = path.dirname(path.dirname(realpathSync(path.join(folder, 'bin/python'))));
  return { folder, base: base.startsWith('/usr') ? [] : [base] };
}

/** Files for https as www.example.com. */
export function makeCertificate(folder: string): { readonly key: string; readonly certificate: string } {
  const at = (name: string): string => path.join(folder, name);
  const names = ['-subj', '/CN=www.example.com', '-addext', 'subjectAltName=DNS:www.example.com'];
  const options = ['-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...names];
  const made = spawnSync('openssl', ['req', ...options, '-keyout', at('key.pem'), '-out', at('cert.pem')]);
  if (made.status !== 0) throw new Error(String(made.stderr));
  return { key: at('key.pem'), certificate: at('cert.pem') };
}
