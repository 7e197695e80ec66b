/** Talks to the gateways of this account that are running. */
import { readdirSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { ControlRequest, GatewayFacts } from '../admin/control-socket.ts';
import type { AnswerOutcome } from '../approvals/approvals.ts';
import type { QuestionReport } from '../approvals/question-text.ts';
import type { ClientReport } from '../mcp/connected-clients.ts';
import type { AgentSpending } from '../operations/spending.ts';
import { GatewayError } from '../shared/errors.ts';
import { isOurs } from '../shared/socket-folder.ts';
import type { ServerReport } from '../upstream/pool/server-report.ts';

/** A line of an answer, as far as this version knows it. */
export interface ControlLine {
  readonly gateway?: GatewayFacts;
  readonly servers?: readonly ServerReport[];
  readonly clients?: readonly ClientReport[];
  readonly stats?: readonly AgentSpending[];
  readonly questions?: readonly QuestionReport[];
  readonly answered?: AnswerOutcome;
  readonly done?: boolean;
  readonly text?: string;
  readonly error?: string;
}

/**
 * Sockets of gateways that may be running, newest process last.
 * @param dir the folder in which they are, or the socket of the one that is meant
 */
function controlSockets(dir: string): string[] {
  if (dir.endsWith('.sock')) return [dir];
  if (!isOurs(dir)) return [];
  try {
    const pids = readdirSync(dir).flatMap((name) => /^(\d+)\.sock$/.exec(name)?.[1] ?? []);
    return pids.sort((one, other) => Number(one) - Number(other)).map((pid) => join(dir, `${pid}.sock`));
  } catch {
    return [];
  }
}

/**
 * Asks one gateway; resolves at the end of its answer.
 * @returns false where nobody listens any more; what is left of that one is removed.
 */
export function ask(path: string, request: ControlRequest, take: (line: ControlLine) => void): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let rest = '';
    let connected = false;
    socket.setEncoding('utf8');
    socket.once('connect', () => {
      connected = true;
      socket.write(`${JSON.stringify(request)}\n`);
    });
    socket.on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) take(JSON.parse(line) as ControlLine);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // It ended while it was asked: what it said counts.
      if (connected && (error.code === 'ECONNRESET' || error.code === 'EPIPE')) return resolve(true);
      if (connected || (error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT')) return reject(error);
      rmSync(path, { force: true });
      resolve(false);
    });
    socket.once('close', () => resolve(true));
  });
}

interface Answered {
  readonly path: string;
  readonly lines: readonly ControlLine[];
}

/** Asks every running gateway. @throws GatewayError NOT_RUNNING where there is none */
export async function askAll(dir: string, request: ControlRequest): Promise<readonly Answered[]> {
  const answers = await askRunning(dir, request);
  if (answers.length > 0) return answers;
  throw notRunning('start one, or use "servers test" or "doctor", which need none.');
}

/** The answers of every running gateway; none where none runs. */
export async function askRunning(dir: string, request: ControlRequest): Promise<readonly Answered[]> {
  const answers: Answered[] = [];
  for (const path of controlSockets(dir)) {
    const lines: ControlLine[] = [];
    if (await ask(path, request, (line) => lines.push(line))) answers.push({ path, lines });
  }
  return answers;
}

/**
 * Asks one running gateway, where all of them know the same.
 * @returns the lines of the first one that knows the request.
 * @throws GatewayError NOT_RUNNING where there is none
 */
export async function askOne(dir: string, request: ControlRequest): Promise<readonly ControlLine[]> {
  const lines: ControlLine[] = [];
  if (!(await followOne(dir, request, (line) => lines.push(line)))) throw notRunning('start one.');
  return lines;
}

/** The same, line by line for as long as that gateway says something. @returns false where no gateway runs */
export async function followOne(
  dir: string,
  request: ControlRequest,
  take: (line: ControlLine) => void,
): Promise<boolean> {
  for (const path of controlSockets(dir).reverse()) {
    let isKnown = false;
    await ask(path, request, (line) => {
      // An older version does not know it.
      if (line.error !== undefined) return;
      isKnown = true;
      take(line);
    });
    if (isKnown) return true;
  }
  return false;
}

function notRunning(advice: string): GatewayError {
  return new GatewayError('NOT_RUNNING', `No gateway of this account is running here: ${advice}`);
}
