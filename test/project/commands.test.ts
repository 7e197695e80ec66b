/**
 * Every command that README and docs show: run as it stands, in a home of its own with servers of those names. What cannot be run
 * here is in `ELSEWHERE`, with the reason.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { unknownIn } from '../../src/cli/testing.ts';
import { type Block, blocksOf, commandsIn, inlineCommands, PAGES, type Shown } from '../support/documented.ts';
import { documentedHome } from '../support/documented-home.ts';
import type { Home } from '../support/home.ts';
import { root } from '../support/paths.ts';
import { type Running, runProgram, start, until } from '../support/process.ts';

/** What a command begins with -> why it is not run here. Its commands and flags are looked up all the same. */
const ELSEWHERE: readonly (readonly [begins: string, reason: string])[] = [
  ['npm ', 'builds the repository: scripts/test.mjs, test/packages'],
  ['ls "$(npm root -g)"', 'needs an installation for the whole machine: test/packages/monitoring.test.ts'],
  ['docker ', 'needs the daemon of Docker: test/packages/image.test.ts'],
  ['sudo ', 'changes the system'],
  ['git pull', 'changes the repository'],
  ['kubectl ', 'needs a cluster'],
  ['helm ', 'needs a cluster: test/packages/chart.test.ts renders'],
  ['cd deploy/compose', 'writes into the repository'],
  ['chmod 600 gateway.env && sudo', 'changes the owner of a file'],
  ['GATEWAY_HOST=localhost docker compose', 'needs the daemon of Docker and images from a registry'],
  ['curl http://localhost:8080', 'needs these'],
  ['for one in 1 2 3; do docker compose', 'needs these'],
  ['curl -s -o', 'needs a name and a certificate'],
  ['agent-mcp-gateway auth login linear', 'needs a browser and an authorization server: test/oauth'],
  ['agent-mcp-gateway auth logout linear', 'needs a sign-in: test/oauth'],
  ['source <(agent-mcp-gateway completion zsh)', 'is for another shell: test/cli/completion.test.ts'],
  ['agent-mcp-gateway completion fish |', 'is for another shell: test/cli/completion.test.ts'],
  ['agent-mcp-gateway approvals watch', 'needs a terminal: test/approvals'],
  ['agent-mcp-gateway sandbox suggest', 'needs strace, which is not everywhere: test/sandbox'],
  ['agent-mcp-gateway ui', 'is for a person with a browser: test/ui'],
  ['agent-mcp-gateway init --dir /tmp/first', 'writes to a folder of the system'],
];

const isElsewhere = (command: string): boolean => ELSEWHERE.some(([begins]) => command.startsWith(begins));

/** Pages for the long suite: the examples of docs/cli.md are those of --help, and those of the others take longest. */
const FOR_LONG: ReadonlySet<string> = new Set(
  ['cli', 'sandbox', 'approvals', 'operations', 'audit'].map((page) => `docs/${page}.md`),
);

/** A gateway that somebody else started has to run. */
const NEEDS_GATEWAY = /agent-mcp-gateway (?:servers (?:status|restart|stop|logs)|stats|approvals)|^curl /;

/** Somebody has to have used it. */
const NEEDS_RECORDS = /^tail |^grep |audit (?:verify|show|stats)|policy learn/;

/** A call has to wait for a person. */
const NEEDS_QUESTION = /agent-mcp-gateway approvals (?:show|answer)/;

const SERVES = /^(?:\w+=\S+ )*agent-mcp-gateway(?: serve\b| --agent|$)/;
const FOLLOWS = /^tail -f|--follow\b/;

let home: Home | undefined;
const ends: (() => void)[] = [];
const left = new Set<Running>();
afterEach(async () => {
  for (const running of left) await running.stop('SIGTERM');
  left.clear();
  for (const end of ends.splice(0)) end();
  home?.remove();
  home = undefined;
});

const shown = PAGES.flatMap((page) =>
  blocksOf(page)
    .filter(({ language }) => /^(?:sh|console|fish)$/.test(language))
    .map((block, at) => [`${page}, block ${at + 1}`, block, commandsIn(block)] as const),
);

it('finds them', () => {
  expect(shown.length).toBeGreaterThan(60);
  // A reason for nothing is none.
  const all = shown.flatMap(([, , commands]) => commands.map(({ command }) => command));
  for (const [begins] of ELSEWHERE)
    expect(
      all.some((command) => command.startsWith(begins)),
      begins,
    ).toBe(true);
});

describe.each(shown)('%s', (_name, block, commands) => {
  it.each(commands.map(({ command }) => command))('%s: has commands and flags that there are', (command) => {
    expect(unknownWords(command)).toEqual([]);
  });

  const here = commands.filter(({ command }) => !isElsewhere(command));
  const isForLong = FOR_LONG.has(block.page) && process.env['LONG'] !== '1';
  it.skipIf(here.length === 0 || isForLong)('runs', async () => {
    const needs = (pattern: RegExp): boolean => here.some(({ command }) => pattern.test(command));
    const api = block.page === 'docs/openapi.md' ? await startApi() : undefined;
    home = documentedHome(block.page, needs(/agent-mcp-gateway init(?! --dir)/), api);
    const { env, cwd } = home;
    if (needs(NEEDS_GATEWAY)) await runGateway(home);
    if (needs(NEEDS_RECORDS)) {
      await runProgram('agent-mcp-gateway', ['tools', 'call', 'files', 'delete_all', '--agent', 'developer'], {
        env,
        cwd,
      });
    }
    if (needs(/token revoke/) && !needs(/token create/)) {
      await runProgram('agent-mcp-gateway', ['token', 'create', 'ci', '--agent', 'deployer', '--write'], { env, cwd });
    }
    if (needs(/secret remove/)) {
      await runProgram('agent-mcp-gateway', ['secret', 'set', 'GITHUB_TOKEN'], { env, cwd, input: 'abc' });
    }
    if (needs(NEEDS_QUESTION)) await askQuestion(home);
    for (const part of parts(here)) {
      const [first] = part;
      if (first !== undefined && isEndless(first)) await runEndless(home, first.command);
      else await runScript(home, block, part);
    }
  });
});

it.each(PAGES)('%s mentions commands and flags that there are', (page) => {
  expect(inlineCommands(page).filter((command) => unknownWords(command).length > 0)).toEqual([]);
});

/** Words of every call of the program in a line, up to what the shell does with it. */
function unknownWords(line: string): string[] {
  const scripts = Object.keys(
    (JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { scripts: object }).scripts,
  );
  const missing = [...line.matchAll(/npm run (?:-s |--silent )?([\w:]+)/g)].map(([, name = '']) => name);
  // `-t agent-mcp-gateway` of docker is an image, and `.../agent-mcp-gateway/...` a folder.
  const calls = [...line.matchAll(/(?<![\w/.-])agent-mcp-gateway(?= |$)((?:(?![|>)&]).)*)/g)];
  const isOurs = !/^(?:docker (?:build|run|tag|push)|sudo)/.test(line);
  return [
    ...missing.filter((name) => !scripts.includes(name)),
    ...(isOurs ? calls.flatMap(([, words = '']) => unknownIn(words.split(' ').filter((word) => word !== ''))) : []),
  ];
}

function isEndless({ command }: Shown): boolean {
  return SERVES.test(command) || FOLLOWS.test(command);
}

/** Neighbours that end are one script, for which `cd` and variables count; what does not end is alone. */
function parts(commands: readonly Shown[]): Shown[][] {
  const found: Shown[][] = [];
  for (const command of commands) {
    const before = found.at(-1);
    const isAlone = isEndless(command) || command.output !== '';
    if (before === undefined || isAlone || before.some((one) => isEndless(one) || one.output !== ''))
      found.push([command]);
    else before.push(command);
  }
  return found;
}

/** An API that answers with what it was asked. @returns its address */
async function startApi(): Promise<string> {
  const api = createServer(({ method, url }, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ method, path: url }));
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  ends.push(() => api.close());
  return `http://127.0.0.1:${(api.address() as AddressInfo).port}/v1`;
}

let origin = '';
let question = '';

/** Somebody makes a call that the rules ask about. */
async function askQuestion({ env, cwd }: Home): Promise<void> {
  const words = ['tools', 'call', 'files', 'write_file', '--agent', 'developer'];
  left.add(start('agent-mcp-gateway', words, { env, cwd }));
  await until(async () => {
    const { stdout } = await runProgram('agent-mcp-gateway', ['approvals', 'list', '--json'], { env, cwd });
    question = (JSON.parse(stdout) as { id: string }[])[0]?.id ?? '';
    return question !== '';
  }, 'a call waits');
}

async function runGateway({ env, cwd }: Home): Promise<void> {
  const running = start('agent-mcp-gateway', ['serve', '--transport', 'http'], { env, cwd });
  left.add(running);
  origin = (await running.waitForStderr(/listening on (http:\/\/[^\s"/]+)/))[1] ?? '';
  await running.waitForStderr(/"server":"github".*server connected/);
}

async function runScript({ env, cwd }: Home, { language }: Block, part: readonly Shown[]): Promise<void> {
  const lines = part.map(({ command }) => here(command));
  const { code, stdout, stderr } = await runProgram('bash', ['--norc', '-euo', 'pipefail', '-c', lines.join('\n')], {
    env,
    cwd,
  });
  expect(code, `${lines.join('\n')}\n${stdout}\n${stderr}`).toBe(language === 'console' ? code : 0);
  for (const { output } of part.filter((one) => one.output !== '')) expect(told(stdout)).toBe(told(output));
}

/** The command as it can be run here: the port that was free, and exit statuses that say something. */
function here(command: string): string {
  const line = command.replaceAll('http://127.0.0.1:8000', origin).replaceAll('3f9a1c02', question);
  // Nobody can be asked.
  if (line === 'agent-mcp-gateway setup') return `${line} --yes`;
  // Denied is an answer, too. Nobody may have been recorded in shadow.
  if (line.startsWith('agent-mcp-gateway policy explain')) return `${line} || test $? -eq 3`;
  return line.startsWith('grep \'"shadow"') ? `${line} || test $? -eq 1` : line;
}

/** Numbers of records differ. */
function told(output: string): string {
  return output.trim().replace(/\d+ records?/, 'N records');
}

async function runEndless({ env, cwd }: Home, command: string): Promise<void> {
  const line = command.replace(/--port \d+/, '--port 0');
  const running = start('bash', ['--norc', '-c', line.replace(/^((?:\w+=\S+ )*)/, '$1 exec ')], { env, cwd });
  left.add(running);
  let stdout = '';
  running.child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  if (FOLLOWS.test(line)) {
    await until(() => stdout !== '', `${line} says something`);
    await running.stop('SIGTERM');
  } else if (line.includes('http')) {
    await running.waitForStderr(/listening on http/);
    expect((await running.stop('SIGTERM')).code).toBe(0);
  } else {
    running.child.stdin?.write('{"jsonrpc":"2.0","id":1,"method":"ping"}\n');
    await until(() => stdout.includes('"id":1'), `${line} answers`);
    running.child.stdin?.end();
    expect((await running.stop(null)).code).toBe(0);
  }
  left.delete(running);
}
