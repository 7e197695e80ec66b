/** Runs `hook`: one line to every gateway of this user, signed with the key of each. */
import { lstat, readdir, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { settingsHere } from '../config/settings.ts';
import { attestationLine } from '../identity/attestations.ts';
import { hookDirectory, keyFileOf } from '../shared/hook-files.ts';
import { systemCode } from '../shared/system-code.ts';

/** Bytes of a hook's input: it holds the arguments of the tool. */
const MAX_INPUT = 16 * 1024 * 1024;
/** Milliseconds that a gateway gets to answer. */
const ANSWER_MS = 1_500;

/** Attests the tool use that the input describes. @returns how many gateways took it. */
export async function attest(input: Readable): Promise<number> {
  const use = toolUseOf(await readAll(input));
  if (use === undefined) return 0;
  const directory = hookDirectory(settingsHere({}).cacheDir);
  if (!(await isOurs(directory))) return 0;
  const sockets = (await readdir(directory)).filter((name) => name.endsWith('.sock'));
  const taken = await Promise.all(sockets.map((name) => tell(join(directory, name), use.id, use.agent)));
  return taken.filter(Boolean).length;
}

/** `agent_type` is there inside a subagent, and in a session that was started as one. */
function toolUseOf(text: string): { readonly id: string; readonly agent: string | undefined } | undefined {
  const parsed: unknown = JSON.parse(text);
  if (typeof parsed !== 'object' || parsed === null) return undefined;
  const { tool_use_id: id, agent_type: type, agent_id: subagent } = parsed as Record<string, unknown>;
  if (typeof id !== 'string') return undefined;
  if (typeof type === 'string') return { id, agent: type };
  // A subagent without a name is not the main conversation.
  return subagent === undefined || subagent === null ? { id, agent: undefined } : undefined;
}

async function readAll(input: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of input as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > MAX_INPUT) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** In a folder of somebody else, anybody could be listening. */
async function isOurs(directory: string): Promise<boolean> {
  const facts = await lstat(directory).catch(() => undefined);
  return facts?.isDirectory() === true && facts.uid === process.getuid?.() && (facts.mode & 0o077) === 0;
}

async function tell(socket: string, id: string, agent: string | undefined): Promise<boolean> {
  try {
    const key = Buffer.from(await readFile(keyFileOf(socket), 'utf8'), 'hex');
    return await send(socket, attestationLine(key, id, agent, Date.now()));
  } catch (error) {
    // Nobody listens: a gateway that was killed left it.
    if (systemCode(error) === 'ECONNREFUSED')
      await Promise.all([socket, keyFileOf(socket)].map((file) => rm(file, { force: true })));
    return false;
  }
}

function send(path: string, line: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let answer = '';
    socket.setEncoding('utf8');
    socket.setTimeout(ANSWER_MS, () => socket.destroy());
    socket.on('error', reject);
    socket.on('data', (chunk: string) => {
      answer += chunk;
    });
    socket.on('close', () => resolve(answer === 'ok\n'));
    socket.write(`${line}\n`);
  });
}
