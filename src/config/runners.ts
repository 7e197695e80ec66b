/** Programs that run files without naming their paths: modules, commands of a folder, and what files of their own tell them to run. */
import { readdir } from 'node:fs/promises';
import { basename, delimiter, dirname, join, resolve } from 'node:path';
import process from 'node:process';
import type { StdioDefinition } from './snapshot.ts';

const NPM = ['.npmrc'];
const YARN = ['.yarnrc', '.yarnrc.yml', ...NPM];
const COMPOSE = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];
/** Programs that do what a file of their folder says. */
const MANIFESTS: Readonly<Record<string, readonly string[]>> = {
  npm: ['package.json', ...NPM],
  npx: NPM,
  pnpm: ['package.json', 'pnpm-workspace.yaml', '.pnpmfile.cjs', ...NPM],
  pnpx: ['pnpm-workspace.yaml', '.pnpmfile.cjs', ...NPM],
  yarn: ['package.json', ...YARN],
  bun: ['package.json', 'bunfig.toml', ...NPM],
  bunx: ['bunfig.toml', ...NPM],
  uv: ['pyproject.toml', 'uv.toml'],
  poetry: ['pyproject.toml'],
  pdm: ['pyproject.toml'],
  hatch: ['pyproject.toml'],
  deno: ['deno.json', 'deno.jsonc'],
  make: ['GNUmakefile', 'makefile', 'Makefile'],
  just: ['justfile', 'Justfile', '.justfile'],
  task: ['Taskfile.yml', 'Taskfile.yaml', 'taskfile.yml', 'taskfile.yaml'],
  mise: ['mise.toml', '.mise.toml'],
  cargo: ['Cargo.toml', 'build.rs', 'src/main.rs'],
  composer: ['composer.json'],
  bundle: ['Gemfile'],
  rake: ['Rakefile'],
  mix: ['mix.exs'],
  pixi: ['pixi.toml', 'pyproject.toml'],
  nix: ['flake.nix', 'default.nix'],
  direnv: ['.envrc'],
  'docker-compose': COMPOSE,
};
/** Programs that look into `node_modules` before they look elsewhere. */
const RUNS_PACKAGES = /^(?:np[mx]|pnp[mx]|yarn|bunx?)$/;
/** `-m MODULE` of Python, also behind other letters, and of `uv run`. */
const MODULE_OPTION = /^(?:-[bBdEhiIOPqsSuvx]*m|--module)$/;
const MAX_SOURCES = 200;

/** Paths of it all, whether or not there is something. @param base the working directory of the program */
export async function runnerFiles(
  program: string,
  { command, args, env }: Pick<StdioDefinition, 'command' | 'args' | 'env'>,
  base: string,
): Promise<readonly string[]> {
  const folders = [base, ...args.map((arg) => resolve(base, arg.replace(/^--?[\w-]+=/, '')))];
  const named = Object.hasOwn(MANIFESTS, program) ? (MANIFESTS[program] ?? []) : [];
  const manifests = args.includes('compose') ? [...named, ...COMPOSE] : named;
  return [
    ...new Set([
      ...folders.flatMap((folder) => manifests.map((name) => join(folder, name))),
      ...commandsOf(command, env, base),
      ...(RUNS_PACKAGES.test(program) ? packagesOf(args, folders) : []),
      ...modulesOf(args, [...folders, ...listOf(env.get('PYTHONPATH')).map((folder) => resolve(base, folder))]),
      ...(program === 'go' ? await sourcesOf(folders) : []),
    ]),
  ];
}

/** A name without a folder is looked for in those of PATH. */
function commandsOf(command: string, env: StdioDefinition['env'], base: string): readonly string[] {
  if (/[\\/]/.test(command)) return [];
  return listOf(env.get('PATH') ?? process.env['PATH']).map((folder) => resolve(base, folder, command));
}

function listOf(variable: string | undefined): readonly string[] {
  return variable === undefined || variable === '' ? [] : variable.split(delimiter);
}

/** A package and its command, where the folder has them. */
function packagesOf(args: readonly string[], folders: readonly string[]): readonly string[] {
  const names = args.flatMap((arg) => /^(?:--package=)?((?:@[\w.-]+\/)?\w[\w.-]*)(?:@[^/]*)?$/.exec(arg)?.[1] ?? []);
  return folders.flatMap((folder) =>
    names.flatMap((name) => [
      join(folder, 'node_modules/.bin', basename(name)),
      join(folder, 'node_modules', name, 'package.json'),
    ]),
  );
}

function modulesOf(args: readonly string[], folders: readonly string[]): readonly string[] {
  const module = args.flatMap((arg, at) => (MODULE_OPTION.test(arg) ? (args[at + 1] ?? []) : []))[0];
  if (module === undefined || !/^\w+(?:\.\w+){0,20}$/.test(module)) return [];
  const path = module.replaceAll('.', '/');
  const packages: string[] = [];
  for (let each = path; each !== '.'; each = dirname(each)) packages.push(`${each}/__init__.py`);
  const names = [`${path}.py`, `${path}/__main__.py`, ...packages];
  return folders.flatMap((folder) => names.map((name) => join(folder, name)));
}

/** `go run` compiles a whole folder. */
async function sourcesOf(folders: readonly string[]): Promise<readonly string[]> {
  const found = await Promise.all(
    folders.map(async (folder) => {
      const names = await readdir(folder).catch((): string[] => []);
      const sources = names.filter((name) => name.endsWith('.go')).slice(0, MAX_SOURCES);
      return ['main.go', 'go.mod', ...sources].map((name) => join(folder, name));
    }),
  );
  return found.flat();
}
