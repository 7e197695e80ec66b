/** Completion in the shells themselves, where they are installed. */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Home, makeHome, servers } from '../support/home.ts';
import { fixture, main } from '../support/paths.ts';
import { runCli, runProgram } from '../support/process.ts';

let home: Home;
let env: Record<string, string>;
beforeAll(() => {
  home = makeHome({
    servers: servers({ calc: fixture('calc'), 'two words $(touch hacked)': fixture('calc') }),
    rules: { agents: { reader: { allow: { servers: ['*'] } }, 'reader.night': {} } },
  });
  const bin = path.join(home.dir, 'bin');
  mkdirSync(bin);
  // Through the `node` of this test, as a link of an installed package is.
  writeFileSync(path.join(bin, 'agent-mcp-gateway'), `#!/bin/sh\nexec '${process.execPath}' '${main}' "$@"\n`);
  chmodSync(path.join(bin, 'agent-mcp-gateway'), 0o755);
  symlinkSync(process.execPath, path.join(bin, 'node'));
  env = { ...home.env, PATH: `${bin}:${process.env.PATH ?? ''}`, TERM: 'dumb' };
});
afterAll(() => home.remove());

const has = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0;

/** Completes a line at its end. */
type Completes = (line: string) => Promise<string[]>;

const inBash: Completes = async (line) => {
  const script = `source <(agent-mcp-gateway completion bash)
COMP_WORDS=(${line
    .split(/(?<!\\) /)
    .map(quoted)
    .join(' ')})
COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))
compopt() { :; }
_agent_mcp_gateway
printf '%s\\n' "\${COMPREPLY[@]}"`;
  return linesOf(await runProgram('bash', ['--norc', '-c', script], { env, cwd: home.cwd }));
};

/** An interactive zsh in a pseudo-terminal of its own, which notes what its completion system is given. */
const inZsh: Completes = async (line) => {
  const noted = path.join(home.dir, 'noted');
  const setup = path.join(home.dir, 'setup.zsh');
  writeFileSync(noted, '');
  writeFileSync(
    setup,
    `autoload -Uz compinit; compinit -u -D
source <(agent-mcp-gateway completion zsh)
compadd() {
  if [[ \${@[1,(i)(-|--)]} != *-(O|A|D)* ]]; then
    local -a hits; builtin compadd -O hits "$@"; print -rl -- "\${hits[@]}" >> ${noted}
  fi
  builtin compadd "$@"
}
finish() { exit; }
comppostfuncs=(finish)
`,
  );
  const script = `zmodload zsh/zpty; zpty inner zsh -f -i
zpty -w inner ${quoted(`source ${setup}`)}; zpty -w -n inner ${quoted(line)}$'\t'
while zpty -r inner; do :; done`;
  const { code, stderr } = await runProgram('zsh', ['-f', '-c', script], { env, cwd: home.cwd });
  expect([code, stderr]).toEqual([0, '']);
  return readFileSync(noted, 'utf8')
    .split('\n')
    .filter((one) => one !== '');
};

const inFish: Completes = async (line) => {
  const script = `agent-mcp-gateway completion fish | source; complete -C ${quoted(line)}`;
  const lines = linesOf(await runProgram('fish', ['--no-config', '-c', script], { env, cwd: home.cwd }));
  return lines.map((one) => one.split('\t')[0] ?? '');
};

function quoted(text: string): string {
  return `'${text}'`;
}

function linesOf({ code, stdout, stderr }: { code: number | null; stdout: string; stderr: string }): string[] {
  expect([code, stderr]).toEqual([0, '']);
  return stdout.split('\n').filter((line) => line !== '');
}

describe.each([
  ['bash', inBash],
  ['zsh', inZsh],
  ['fish', inFish],
] as const)('%s', (shell, completes) => {
  const here = it.skipIf(!has(shell));

  here.each([
    ['agent-mcp-gateway poli', ['policy']],
    ['agent-mcp-gateway policy ', ['explain', 'help', 'test']],
    ['agent-mcp-gateway serve --transport ', ['http', 'stdio']],
    ['agent-mcp-gateway tools list --agent read', ['reader', 'reader.night']],
    ['agent-mcp-gateway servers test ca', ['calc']],
    ['agent-mcp-gateway frobnicate ', []],
  ])('%s', async (line, expected) => {
    const candidates = await completes(line);
    expect(candidates.sort()).toEqual(expect.arrayContaining(expected));
    if (expected.length === 0) expect(candidates).toEqual([]);
  });

  here('never runs what a name holds', async () => {
    const [candidate] = await completes('agent-mcp-gateway servers test two');
    expect(candidate).toContain('touch');
    expect(await completes('agent-mcp-gateway servers test two\\ w')).toEqual([candidate]);
    expect(existsSync(path.join(home.cwd, 'hacked'))).toBe(false);
  });

  here('leaves names of files to the shell', async () => {
    writeFileSync(path.join(home.cwd, 'rules-of-mine.json'), '{}');
    const candidates = await completes('agent-mcp-gateway validate --rules rules-of');
    expect(candidates.join()).toMatch(/^rules-of-mine.json/);
    rmSync(path.join(home.cwd, 'rules-of-mine.json'));
  });
});

it.each([
  ['tcsh', 'There are: bash, zsh, fish.'],
  ['fsh', "Did you mean 'fish'"],
])('completion %s: says which shells there are', async (shell, hint) => {
  const { code, stdout, stderr } = await runCli(['completion', shell], { env: home.env, cwd: home.cwd });
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toContain(hint);
});
