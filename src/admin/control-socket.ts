/**
 * The control socket: how commands of the owner talk to a running gateway. A Unix socket that only the owner's account can
 * open, one per process, one request per connection, JSON lines both ways.
 */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import type { AnswerOutcome, Said } from '../approvals/approvals.ts';
import type { OpenQuestions } from '../approvals/open-questions.ts';
import type { Answerer } from '../approvals/question.ts';
import { type QuestionReport, reportQuestion } from '../approvals/question-text.ts';
import { runtimeDir, type Settings } from '../config/settings.ts';
import type { Logger } from '../observe/log.ts';
import { openSocketFolder } from '../shared/socket-folder.ts';
import { VERSION } from '../shared/version.ts';
import type { ControlAnswer, ControlVerb, ServerOutput } from '../upstream/contract.ts';

/** Bytes that a request may have. */
const MAX_REQUEST = 64 * 1024;
/** Characters of what an agent is told with a no. */
const LONGEST_REASON = 500;

export interface ControlRequest {
  readonly do: 'status' | 'stats' | 'logs' | 'questions' | 'answer' | ControlVerb;
  readonly server?: string;
  readonly follow?: boolean;
  /** Of a question, and what is said to it. */
  readonly id?: string;
  readonly said?: Said;
  /** The name of whoever answers, and the way: the command line where that is left out. */
  readonly who?: string;
  readonly way?: 'web';
}

/** A line of the answer; `error` ends it. */
type ControlReply =
  | { readonly gateway: GatewayFacts; readonly servers: readonly object[]; readonly clients: readonly object[] }
  | { readonly gateway: GatewayFacts; readonly stats: readonly object[] }
  | { readonly questions: readonly QuestionReport[] }
  | { readonly answered: AnswerOutcome }
  | { readonly done: true }
  | { readonly text: string }
  | { readonly error: string };

export interface GatewayFacts {
  readonly pid: number;
  readonly version: string;
  readonly transport: string;
  readonly uptime_seconds: number;
}

function gatewayFacts(transport: string): GatewayFacts {
  return { pid: process.pid, version: VERSION, transport, uptime_seconds: Math.round(process.uptime()) };
}

/** Something that this process knows, or has to ask for. */
type Maybe<T> = T | Promise<T>;

/** The requests that the owner can make. */
interface Controlled {
  readonly servers: () => Maybe<readonly object[]>;
  /** Those who are connected. */
  readonly clients: () => Maybe<readonly object[]>;
  /** The spending of each agent. */
  readonly spending: () => Maybe<readonly object[]>;
  readonly control: (server: string, what: ControlVerb) => Maybe<ControlAnswer>;
  /** @param follow whether somebody will listen to what comes */
  readonly output: (server: string, follow: boolean) => Maybe<ServerOutput | undefined>;
  /** Questions to people about calls. */
  readonly questions: Pick<OpenQuestions, 'waiting' | 'follow'>;
  readonly answer: (id: string, said: Said, by: Answerer) => Promise<AnswerOutcome>;
}

type Log = Pick<Logger, 'info' | 'warn'>;

/** Starts to listen; what goes wrong is logged, and the gateway works without it. @returns closes it. */
export function serveControl(settings: Settings, log: Log, controlled: Controlled): () => void {
  // Windows has named pipes with other permissions; commands use HTTP there.
  if (process.platform === 'win32') return () => undefined;
  const dir = runtimeDir(settings);
  const path = join(dir, `${process.pid}.sock`);
  const failed = (error: unknown): void =>
    log.warn({ err: error }, 'the control socket does not work; "servers status" needs it');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    serveOne(socket, (request) => answer(controlled, settings.transport, log, socket, request), failed);
  });
  server.on('error', failed);
  try {
    openSocketFolder(dir);
    rmSync(path, { force: true });
    server.listen(path, () => {
      try {
        chmodSync(path, 0o600);
      } catch (error) {
        failed(error);
      }
    });
  } catch (error) {
    failed(error);
  }
  server.unref();
  return () => {
    // Removes the socket's file at once.
    server.close();
    for (const socket of sockets) socket.destroy();
  };
}

function serveOne(
  socket: Socket,
  take: (request: ControlRequest | undefined) => Promise<void>,
  failed: (error: unknown) => void,
): void {
  let text = '';
  socket.setEncoding('utf8').on('error', () => socket.destroy());
  socket.on('data', (chunk: string) => {
    text += chunk;
    if (text.length > MAX_REQUEST) socket.destroy();
    const end = text.indexOf('\n');
    if (end < 0) return;
    socket.removeAllListeners('data').resume();
    take(read(text.slice(0, end))).catch((error: unknown) => {
      failed(error);
      socket.destroy();
    });
  });
}

function read(line: string): ControlRequest | undefined {
  try {
    const value = JSON.parse(line) as Partial<ControlRequest> | null;
    return typeof value?.do === 'string' ? (value as ControlRequest) : undefined;
  } catch {
    return undefined;
  }
}

async function answer(
  controlled: Controlled,
  transport: string,
  log: Log,
  socket: Socket,
  request: ControlRequest | undefined,
): Promise<void> {
  const { servers, clients, spending, control, output: outputOf } = controlled;
  const send = (reply: ControlReply): boolean => socket.write(`${JSON.stringify(reply)}\n`);
  const name = request?.server ?? '';
  switch (request?.do) {
    case 'status':
      send({ gateway: gatewayFacts(transport), servers: await servers(), clients: await clients() });
      break;
    case 'stats':
      send({ gateway: gatewayFacts(transport), stats: await spending() });
      break;
    case 'restart':
    case 'stop':
    case 'warm':
      log.info({ server: name, what: request.do }, 'the owner asked for this on the control socket');
      send(answerOf(name, await control(name, request.do)));
      break;
    case 'logs': {
      const output = await outputOf(name, request.follow === true);
      send(output === undefined ? { error: unused(name) } : { text: output.text() });
      if (output === undefined || request.follow !== true) break;
      socket.once(
        'close',
        output.follow((text) => send({ text })),
      );
      return;
    }
    case 'questions':
      return sendQuestions(controlled.questions, socket, request.follow === true);
    case 'answer':
      send({ answered: await answerQuestion(controlled, request) });
      break;
    default:
      send({ error: 'The request is not known to this version of the gateway.' });
  }
  socket.end();
}

/** The questions that wait; with `follow` again whenever they are others. */
async function sendQuestions(open: Controlled['questions'], socket: Socket, follow: boolean): Promise<void> {
  let last = '';
  const send = async (): Promise<void> => {
    const line = `${JSON.stringify({ questions: (await open.waiting()).map(reportQuestion) })}\n`;
    if (line !== last && !socket.destroyed) socket.write(line);
    last = line;
  };
  await send();
  if (!follow) return void socket.end();
  socket.once(
    'close',
    open.follow(() => void send().catch(() => socket.destroy())),
  );
}

/** The socket is the owner's alone, so that whoever is there may answer; `who` is for the records. */
function answerQuestion(
  { answer }: Controlled,
  { id = '', said, who = '', way }: ControlRequest,
): Promise<AnswerOutcome> {
  if (said === undefined) return Promise.resolve('not allowed');
  const { word, reason, forGood } = said;
  return answer(
    id,
    { word, reason: reason?.slice(0, LONGEST_REASON), forGood: forGood?.slice(0, 20) as Said['forGood'] },
    { way: way === 'web' ? 'web' : 'cli', who: who.slice(0, 100) },
  );
}

function answerOf(name: string, answer: ControlAnswer): ControlReply {
  if (answer === true) return { done: true };
  return { error: answer === false ? unused(name) : answer };
}

function unused(name: string): string {
  return `Server "${name}" is not running here: it is not configured, or nobody has used it yet.`;
}
