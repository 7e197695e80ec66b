/**
 * The scripts that a servers file of a working directory starts from there. They are trusted with the file: whoever can change one
 * could as well have changed what the file says (docs/configuration.md, Trust).
 */

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isUrl } from '../shared/parse-url.ts';
import { systemCode } from '../shared/system-code.ts';
import type { ApiDefinition } from './api-definition.ts';
import { INTERPRETER } from './interpreters.ts';
import { runnerFiles } from './runners.ts';
import type { HttpDefinition, ServerDefinition, StdioDefinition } from './snapshot.ts';

/** A script, and what was there when its owner looked at it. */
export interface Script {
  readonly path: string;
  /** SHA-256 of its content; `-> PATH` for a link that leads out of the folder; a word where there is no file that can be read. */
  readonly digest: string;
}

/** Scripts of one servers file, with the folder that they are in. */
export interface TrustedScripts {
  readonly folder: string;
  readonly scripts: readonly Script[];
}

const CODE =
  /^\.(?:[cm]?[jt]sx?|pyz?|pyw|rb|php|pl|pm|sh|bash|zsh|fish|ksh|ps1|psm1|bat|cmd|lua|jar|class|wasm|r|jl|go|rs|java|kts?|groovy|exs?|clj|swift|tcl|awk|dll|so|dylib|node|exe|com)$/i;
/** Options whose files a program writes or reads and nobody runs. */
const DATA =
  /^\.(?:db3?|sqlite3?|csv|tsv|jsonl|ndjson|parquet|log|txt|md|pdf|png|jpe?g|gif|webp|svg|lock|pid|sock|tmp|bak|zip|gz|tgz|tar|xlsx?|docx?|pem|crt|key)$/i;
/** Options of interpreters whose next argument is theirs, and no script. */
const TAKES_VALUE = /^(?:-[rCWX]|--(?:require|import|loader|experimental-loader|conditions|env-file))$/;
/** Variables that hold options of interpreters, or name what shells read first. */
const OPTIONS_VARIABLE = /^(?:\w+_OPTIONS|RUBYOPT|PERL5OPT|BASH_ENV|ENV|PYTHONSTARTUP)$/;

/**
 * The scripts of a definition that are below a folder, as they are now; of an HTTP server the files that say where it is and whom to
 * believe that it is there. Never rejects.
 */
export async function scriptsOf(definition: ServerDefinition['link'], folder: string): Promise<readonly Script[]> {
  const paths = new Set<string>();
  const found = definition.transport === 'stdio' ? await candidates(definition, folder) : await filesOf(definition);
  for (const path of found) {
    if (isBelow(folder, path) || isBelow(folder, await place(path))) paths.add(path);
  }
  const scripts: Script[] = [];
  // One after the other: there may be many, and few file descriptors.
  for (const path of [...paths].sort()) scripts.push({ path, digest: await digestOf(path, folder) });
  return scripts;
}

/** The first script that is another one than was trusted; undefined where all are the same. */
export function changedScript(now: readonly Script[], { folder, scripts }: TrustedScripts): string | undefined {
  const known = new Map(scripts.map(({ path, digest }) => [path, digest]));
  const changed = now.find(({ path, digest }) => (known.get(path) ?? 'absent') !== digest);
  return changed && relative(folder, changed.path);
}

async function filesOf({ envFile, ca, openapi }: HttpDefinition): Promise<readonly string[]> {
  const found = [envFile, ca].filter((path) => path !== undefined);
  return openapi === undefined ? found : [...found, ...(await documentsOf(openapi))];
}

/** The files that say what an API is called with. */
async function documentsOf({ document, references }: ApiDefinition): Promise<readonly string[]> {
  const found = isUrl(document) ? [] : [document];
  for (const reference of references) {
    if (!reference.startsWith('file:')) continue;
    const path = fileURLToPath(reference);
    const isFolder = reference.endsWith('/');
    const entries = isFolder ? await readdir(path, { recursive: true, withFileTypes: true }).catch(() => []) : [];
    const files = entries.filter((entry) => !entry.isDirectory()).map(({ parentPath, name }) => join(parentPath, name));
    found.push(...(isFolder ? files : [path]));
  }
  return found;
}

async function candidates(definition: StdioDefinition, folder: string): Promise<readonly string[]> {
  const { command, args, env, envFile } = definition;
  const base = resolve(folder, definition.cwd ?? '.');
  const program = basename(command).replace(/\.(?:exe|cmd|bat)$/i, '');
  const found: string[] = [];
  if (/[\\/]/.test(command)) found.push(resolve(base, command));
  // Behind an option it may be the value of that.
  const isValue = (at: number): boolean => TAKES_VALUE.test(args[at - 1] ?? '');
  const last = INTERPRETER.test(program) ? args.findIndex((arg, at) => !arg.startsWith('-') && !isValue(at)) : -1;
  for (const [at, arg] of args.entries()) {
    const role = at > last ? 'argument' : at === 0 ? 'script' : 'script or value';
    for (const [from, word] of await wordsIn(arg, base))
      found.push(...(await ofArgument(resolve(from, word), word, role)));
  }
  if (envFile !== undefined) found.push(resolve(folder, envFile));
  for (const [name, value] of env) found.push(...(await ofVariable(name, value, base)));
  return [...found, ...(await runnerFiles(program, definition, base))];
}

/** The words of an argument, each with the folders that it may be in: a shell's command can change to another one. */
async function wordsIn(arg: string, base: string): Promise<readonly (readonly [from: string, word: string])[]> {
  const words = wordsOf(arg);
  const folders = [base];
  for (const word of /\b(?:cd|pushd|chdir)\s/.test(arg) ? words : []) {
    const path = resolve(base, word);
    if ((await stat(path).catch(() => undefined))?.isDirectory() === true) folders.push(path);
  }
  return folders.flatMap((from) => words.map((word) => [from, word] as const));
}

/** Variables such as NODE_OPTIONS run code. */
async function ofVariable(name: string, value: string, base: string): Promise<readonly string[]> {
  const found: string[] = [];
  for (const word of wordsOf(value)) {
    const path = resolve(base, word);
    if (OPTIONS_VARIABLE.test(name)) found.push(...(await ofArgument(path, word, 'script or value')));
    else if (await isScript(path, word)) found.push(path);
  }
  return found;
}

/** An argument: everything that it names counts which is not known to be data. */
async function ofArgument(
  path: string,
  word: string,
  role: 'script' | 'script or value' | 'argument',
): Promise<readonly string[]> {
  const facts = await stat(path).catch(() => undefined);
  const isData = role !== 'script' && DATA.test(extname(path));
  if (facts?.isFile() === true) return isData && !(await isRun(path)) ? [] : [path];
  if (role !== 'argument' && facts?.isDirectory() === true) return [path, ...(await entryPoints(path))];
  if (facts !== undefined) return role === 'argument' ? [] : [path];
  // A file that is not there yet and appears later is new.
  if (role !== 'argument') return isData ? [] : [path, ...ENDINGS.map((end) => path + end)];
  return !isData && (/[\\/]/.test(word) || extname(word) !== '') ? [path] : [];
}

/** The endings that Node and Ruby add to a name without one. */
const ENDINGS = ['.js', '.json', '.node', '.rb'];

/** The file that an interpreter runs when it is given a folder. */
async function entryPoints(folder: string): Promise<readonly string[]> {
  const manifest = join(folder, 'package.json');
  const names = ['index.js', '__main__.py'].map((name) => join(folder, name));
  try {
    const { main } = JSON.parse(await readFile(manifest, 'utf8')) as { main?: unknown };
    if (typeof main === 'string') names.push(...['', ...ENDINGS].map((end) => resolve(folder, main + end)));
  } catch {
    // Nothing that would be run.
  }
  return [manifest, ...names];
}

/** Values of the environment hold much: only what is code for sure. */
async function isScript(path: string, word: string): Promise<boolean> {
  if (!/[\\/]/.test(word) && !CODE.test(extname(word))) return false;
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined) return CODE.test(extname(word));
  return facts.isFile() && (CODE.test(extname(path)) || (await isRun(path)));
}

/** It may be executed, or begins with `#!`. */
async function isRun(path: string): Promise<boolean> {
  try {
    const handle = await open(path);
    try {
      const { mode } = await handle.stat();
      const { buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
      return (mode & 0o111) !== 0 || buffer.toString('latin1') === '#!';
    } finally {
      await handle.close();
    }
  } catch {
    return true;
  }
}

/** The paths in a text: itself, the value of an option, the words of a shell's command. */
function wordsOf(text: string): readonly string[] {
  const parts = [
    text,
    text.replace(/^--?[\w-]+=/, ''),
    /^-\w(.+)$/.exec(text)?.[1] ?? '',
    ...text.split(/[\s;&|<>()'"`$,=:]+/),
  ];
  const words = parts.flatMap((part) => {
    if (part.startsWith('file:') && isUrl(part)) return [pathOfUrl(part)];
    return part === '' || part.includes('\0') || /^(?:-|[a-z][a-z\d+.-]*:\/\/)/i.test(part) ? [] : [part];
  });
  return [...new Set(words)].filter((word) => word !== '');
}

function pathOfUrl(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    return '';
  }
}

/** The real place of a path, links of its folder resolved as far as it exists. */
async function place(path: string): Promise<string> {
  const parent = dirname(path);
  if (parent === path) return path;
  const real = await realpath(parent).catch(() => undefined);
  return join(real ?? (await place(parent)), basename(path));
}

function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

async function digestOf(path: string, folder: string): Promise<string> {
  try {
    const real = await realpath(path);
    if (!isBelow(folder, real)) return `-> ${real}`;
    // Reading a pipe would wait for somebody to write into it.
    if (!(await stat(real)).isFile()) return 'no file';
    const hash = createHash('sha256');
    for await (const chunk of createReadStream(real)) hash.update(chunk as Buffer);
    return hash.digest('hex');
  } catch (error) {
    const code = systemCode(error);
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'absent' : 'unreadable';
  }
}
