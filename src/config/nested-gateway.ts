/** Entries that would start this gateway inside itself: a project's `.mcp.json` usually contains the gateway. */
import { realpathSync } from 'node:fs';
import { isAbsolute, resolve } from 'node:path';

const PACKAGE = 'agent-mcp-gateway';

/** Words between a package runner and the package, e.g. `pnpm dlx`, `uv tool run`. */
const RUNNERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['npx', []],
  ['pnpx', []],
  ['bunx', []],
  ['uvx', []],
  ['pipx', ['run']],
  ['npm', ['exec', 'x']],
  ['pnpm', ['dlx', 'exec']],
  ['yarn', ['dlx', 'exec']],
  ['bun', ['x', 'run']],
  ['uv', ['tool', 'run', 'x']],
]);
const CONTAINERS = new Set(['docker', 'podman', 'nerdctl']);
const INTERPRETERS = new Set(['node', 'bun', 'deno', 'tsx']);
/** Options of these programs that take no value, so that what follows them is not their value. */
const BARE_OPTION =
  /^(?:--?(?:y|yes|q|quiet|silent|i|t|it|ti|d|rm|init|interactive|tty|detach|privileged|prefer-offline|bun)|--)$/;
/** Options whose value names the package. */
const PACKAGE_OPTION = /^(?:-p|--package|--from|--spec)(?:=|$)/;

/** True if a program downloads what it starts: npx, uvx, docker and their like. */
export function isRunner(command: string): boolean {
  const program = programName(command);
  return RUNNERS.has(program) || CONTAINERS.has(program);
}

/** True if a command would start the gateway. `mainScript` is the script of this process, e.g. `process.argv[1]`. */
export function startsGateway(command: string, args: readonly string[], mainScript: string | undefined): boolean {
  const program = programName(command);
  if (program === PACKAGE || isMainScript(command, mainScript)) return true;
  if (program === 'cmd') return startsBehind(args, /^\/c$/i, mainScript);
  if (program === 'env') return startsBehind(args, /=/, mainScript);
  if (INTERPRETERS.has(program) && args.some((arg) => isMainScript(arg, mainScript))) return true;
  if (CONTAINERS.has(program)) return positional(args).some(isPackage);
  const words = RUNNERS.get(program);
  return words !== undefined && runsPackage(args, words);
}

/** For `cmd /c npx ...` and `env A=1 npx ...`: the command after what belongs to the wrapper. */
function startsBehind(args: readonly string[], own: RegExp, mainScript: string | undefined): boolean {
  const first = args.findIndex((arg) => !own.test(arg));
  const command = args[first];
  return command !== undefined && startsGateway(command, args.slice(first + 1), mainScript);
}

function runsPackage(args: readonly string[], words: readonly string[]): boolean {
  const named = args.some((arg, at) => {
    if (!PACKAGE_OPTION.test(arg)) return false;
    return isPackage(arg.includes('=') ? arg.slice(arg.indexOf('=') + 1) : (args[at + 1] ?? ''));
  });
  // Only the first word counts: a folder of that name may well be an argument of another server.
  const [first] = positional(args).filter((arg) => !words.includes(arg));
  return named || (first !== undefined && isPackage(first));
}

function positional(args: readonly string[]): string[] {
  return args.filter((arg, at) => {
    const before = args[at - 1];
    const isValue = before?.startsWith('-') === true && !before.includes('=') && !BARE_OPTION.test(before);
    return !arg.startsWith('-') && !isValue;
  });
}

/** The package by name, version, image or repository: `agent-mcp-gateway@1`, `ghcr.io/x/agent-mcp-gateway:2`, `git+https://...`. */
function isPackage(text: string): boolean {
  if (/^[./~]|^[A-Za-z]:[\\/]/.test(text)) return false;
  return /(?:^|\/)agent-mcp-gateway(?:\.git)?(?:[@:=<>~[#].*)?$/.test(text);
}

export function programName(command: string): string {
  const base = command.split(/[\\/]/).at(-1) ?? '';
  return base.replace(/\.(?:exe|cmd|bat|ps1|js|mjs)$/i, '');
}

function isMainScript(path: string, mainScript: string | undefined): boolean {
  // A bare word is looked up in PATH and not here; only what has a folder in it is a path for sure.
  if (mainScript === undefined || !(isAbsolute(path) || /[\\/]/.test(path))) return false;
  return realPath(path) === realPath(mainScript);
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return resolve(path);
  }
}
