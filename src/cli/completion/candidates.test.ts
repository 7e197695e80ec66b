import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { createProgram } from '../program.ts';
import { candidatesFor } from './candidates.ts';

const program = await createProgram(['node', 'agent-mcp-gateway', 'complete']);
const folder = mkdtempSync(path.join(tmpdir(), 'completion-'));
afterAll(() => rmSync(folder, { recursive: true }));

const serversFile = path.join(folder, 'servers.json');
const rulesFile = path.join(folder, 'rules.json');
writeFileSync(serversFile, '{ "mcpServers": { "files": { "command": "x" }, "web": {} } } // a comment');
writeFileSync(
  rulesFile,
  JSON.stringify({ agents: { reader: {}, writer: {} }, principals: { ci: { token_sha256: 'x' } } }),
);
const FILES = ['--mcp-config', serversFile, '--rules', rulesFile];

async function offered(...words: string[]): Promise<string[]> {
  return (await candidatesFor(program, words)).map(({ value }) => value);
}

it.each([
  [['po'], ['policy']],
  [
    ['policy', ''],
    ['explain', 'test', 'help'],
  ],
  [['policy', 'explain', '--js'], ['--json']],
  [['help', 'x'], []],
  [['help', 'pol'], ['policy']],
  [['frobnicate', ''], []],
  [['policy', 'frobnicate', ''], []],
  [['validate', ''], []],
])('%j: %j', async (words, expected) => {
  expect(await offered(...words)).toEqual(expect.arrayContaining(expected));
  if (expected.length === 0) expect(await offered(...words)).toEqual([]);
});

it('does not offer what is hidden', async () => {
  expect(await offered('')).not.toEqual(expect.arrayContaining(['complete']));
  expect(await offered('')).not.toEqual(expect.arrayContaining(['demo-server']));
});

it.each([
  [
    ['serve', '--transport', ''],
    ['stdio', 'http'],
  ],
  [['serve', '--transport=h'], ['--transport=http']],
  [['serve', '--transport', '=', 'h'], ['http']],
  [
    ['serve', '--transport', '='],
    ['stdio', 'http'],
  ],
  [['--transport', 's'], ['stdio']],
  [['--tr'], ['--transport']],
  [['serve', '--init-strategy', 'l'], ['lazy']],
  [['serve', '--audit-log', ''], [':files']],
  [['serve', '--audit-log', 'a'], [':files']],
  [['init', '--dir', ''], [':folders']],
  [['audit', 'verify', 'a.jsonl', ''], [':files']],
  [['completion', 'z'], ['zsh']],
  [['token', 'create', 'ci', '--expires', ''], []],
])('values of %j: %j', async (words, expected) => {
  expect(await offered(...words)).toEqual(expected);
});

it.each([
  [
    ['servers', 'test', ...FILES, ''],
    ['files', 'web'],
  ],
  [['servers', 'test', ...FILES, 'w'], ['web']],
  [['servers', 'test', ...FILES, 'web', ''], []],
  [['doctor', ...FILES, 'web', 'f'], ['files']],
  [['tools', 'list', ...FILES, '--agent', 'w'], ['writer']],
  [
    ['policy', 'explain', ...FILES, ''],
    ['reader', 'writer'],
  ],
  [['policy', 'explain', ...FILES, 'reader', 'f'], ['files']],
  [
    ['policy', 'explain', `--mcp-config=${serversFile}`, 'reader', ''],
    ['files', 'web'],
  ],
  [['token', 'revoke', '--rules', rulesFile, ''], ['ci']],
  [['servers', 'test', '--mcp-config', '/nowhere.json', ''], []],
])('names for %j: %j', async (words, expected) => {
  expect(await offered(...words)).toEqual(expected);
});

it('does not offer a flag twice, or after "--"', async () => {
  expect(await offered('validate', '--json', '--')).not.toContain('--json');
  expect(await offered('tools', 'list', '--', '--')).toEqual([]);
});
