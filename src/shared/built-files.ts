/**
 * The files of the program that runs. What is loaded or started later is what it was at the start, also where another version has
 * been installed over it meanwhile.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import nodeModule from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

/** The folder of the build, by a program that is in it; undefined for tests of the sources. */
function rootOf(program: string): string | undefined {
  const here = dirname(fileURLToPath(import.meta.url));
  return [here, dirname(here)].find((folder) => existsSync(join(folder, program)));
}

interface Kept {
  readonly root: string;
  /** By path from there. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** A folder with the same files, once the first one has others. */
  copy: string | undefined;
}

let kept: Kept | undefined;

/** A program of the build beside the one that runs, e.g. `guardian.js`; undefined where there is none (tests of the sources). */
export function builtProgram(name: string): string | undefined {
  if (kept?.files.has(name) === true) return join(kept.root, name);
  const root = rootOf(name);
  return root === undefined ? undefined : join(root, name);
}

/** The path of a program of the build that is about to be started: there, or in a copy of what was there when this process started. */
export function startedProgram(path: string): string {
  if (kept === undefined) return path;
  const name = relative(kept.root, path);
  if (!kept.files.has(name)) return path;
  if (kept.copy === undefined && isIntact(kept)) return path;
  kept.copy ??= copyOf(kept);
  return join(kept.copy, name);
}

/** The text of a program of the build, as it was when this process started. */
export function programText(path: string): string {
  const content = kept?.files.get(relative(kept.root, path)) ?? readFileSync(path);
  // The build is ASCII.
  return content.toString('latin1');
}

/** For processes that live long: remembers all files of the build as they are now. Does nothing for tests of the sources. */
export async function keepProgram(): Promise<void> {
  const root = rootOf('guardian.js');
  if (root === undefined || kept !== undefined) return;
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = new Map<string, Buffer>();
  // One after the other: file descriptors may be few.
  for (const entry of entries) {
    // Tables are large, and whoever reads one looks whether it is the right one.
    if (!entry.isFile() || entry.name.endsWith('.bin')) continue;
    const path = join(entry.parentPath, entry.name);
    files.set(relative(root, path), await readFile(path));
  }
  kept = { root, files, copy: undefined };
  loadFrom(kept);
}

function isIntact({ root, files }: Kept): boolean {
  try {
    for (const [name, content] of files) if (!readFileSync(join(root, name)).equals(content)) return false;
    return true;
  } catch {
    return false;
  }
}

/** In a folder that only this account can enter, until this process ends. */
function copyOf({ files }: Kept): string {
  const folder = mkdtempSync(join(tmpdir(), 'agent-mcp-gateway-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of files) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content, { mode: 0o700 });
  }
  return folder;
}

/** The parts of Node's loader of CommonJS that decide where a file is and what is in it. */
interface Loader {
  _resolveFilename(request: string, parent: LoadedModule | undefined, ...rest: unknown[]): string;
  readonly _extensions: Record<string, (module: LoadedModule, filename: string) => void>;
}

interface LoadedModule {
  readonly filename?: string | null;
  _compile(source: string, filename: string): unknown;
}

/** Parts of the program that are loaded when they are needed come from what is kept. */
function loadFrom({ root, files }: Kept): void {
  const loader = nodeModule as unknown as Loader;
  const resolveElse = loader._resolveFilename;
  loader._resolveFilename = (request, parent, ...rest) => {
    const from = parent?.filename;
    if (request.startsWith('.') && typeof from === 'string' && from.startsWith(root)) {
      const path = resolve(dirname(from), request);
      if (files.has(relative(root, path))) return path;
    }
    return resolveElse.call(loader, request, parent, ...rest);
  };
  const loadElse = loader._extensions['.js'];
  loader._extensions['.js'] = (module, filename) => {
    const content = filename.startsWith(root) ? files.get(relative(root, filename)) : undefined;
    // The build is ASCII.
    if (content !== undefined) module._compile(content.toString('latin1'), filename);
    else loadElse?.(module, filename);
  };
}
