/**
 * Requests that another worker of this gateway must answer, because it has their session or the call that they go on with: they
 * are handed on as they came, over connections that the first process makes. Connections usually reach the right worker at once (src/cluster/acceptor.ts).
 */

import { Agent, type IncomingMessage, type OutgoingHttpHeaders, type ServerResponse, request as send } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { refusal } from '../../mcp/response.ts';
import { RUN_CODE } from '../../policy/executors.ts';
import type { RequestMessage } from '../../protocol/json-rpc.ts';
import { findMember, parsedValue, stringValue } from '../../protocol/members.ts';
import { MAY_HAVE_TAKEN_EFFECT } from '../../upstream/failures.ts';
import { sendJson } from './mcp-reply.ts';

/** @param body where it was read already. */
type HandOn = (request: IncomingMessage, response: ServerResponse, body?: string) => void;

export interface WorkerForwarding {
  /** By the id of a session or of a sign-in. Undefined where that is this worker's, or nobody's. */
  of(name: string | undefined): HandOn | undefined;
  /** The same for a request of 2026-07-28 that goes on with a call that waited for input, is about a task, or runs a program. */
  ofRequest(message: RequestMessage): HandOn | undefined;
}

interface WorkerForwardingOptions {
  /** Number of the worker that a session id, a state or the id of a task names; undefined for none. */
  readonly workerOf: (name: string) => number | undefined;
  /** Number of the worker that runs programs of this text: one that waits there is gone on with by the same call again. */
  readonly homeOf: (code: string) => number;
  /** True if it is another one, and there. */
  readonly isOther: (worker: number) => boolean;
  /** A connection to another worker. @throws Error where there is none to be had */
  readonly reach: (worker: number) => Promise<Socket>;
}

/** Keeps connections to one worker. */
class WorkerAgent extends Agent {
  readonly #reach: () => Promise<Socket>;

  constructor(reach: () => Promise<Socket>) {
    super({ keepAlive: true });
    this.#reach = reach;
  }

  override createConnection(_options: unknown, done?: (error: Error | null, stream: Duplex) => void): undefined {
    const failed = (error: unknown): void => done?.(new NotReached(String(error)), undefined as unknown as Duplex);
    this.#reach().then((socket) => done?.(null, socket), failed);
    return undefined;
  }
}

/** Nothing was sent. */
class NotReached extends Error {}

export function createWorkerForwarding({
  workerOf,
  homeOf,
  isOther,
  reach,
}: WorkerForwardingOptions): WorkerForwarding {
  const agents = new Map<number, Agent>();
  const agentOf = (worker: number): Agent => {
    let agent = agents.get(worker);
    if (agent === undefined) {
      agent = new WorkerAgent(() => reach(worker));
      agents.set(worker, agent);
    }
    return agent;
  };
  const at = (worker: number | undefined): HandOn | undefined => {
    if (worker === undefined || !isOther(worker)) return undefined;
    return (request, response, body) => handOn(agentOf(worker), request, response, body);
  };
  const find = (name: string): HandOn | undefined => at(workerOf(name));
  return {
    of: (name) => (name === undefined ? undefined : find(name)),
    ofRequest(message) {
      const { text, method, params } = message;
      const member = findMember(params, method.startsWith('tasks/') ? 'taskId' : 'requestState');
      const state = member === undefined ? undefined : parsedValue(text, member);
      if (typeof state === 'string') return find(state);
      const code = method === 'tools/call' ? programOf(message) : undefined;
      return code === undefined ? undefined : at(homeOf(code));
    },
  };
}

/** The text of the program that a call of a tool runs; undefined for other tools. */
function programOf({ text, params }: RequestMessage): string | undefined {
  if (stringValue(text, findMember(params, 'name')) !== RUN_CODE) return undefined;
  return stringValue(text, findMember(findMember(params, 'arguments')?.object, 'code'));
}

function handOn(agent: Agent, request: IncomingMessage, response: ServerResponse, body: string | undefined): void {
  if (response.destroyed) return;
  const headers: OutgoingHttpHeaders = { ...request.headers };
  delete headers.connection;
  if (body !== undefined) {
    delete headers['transfer-encoding'];
    headers['content-length'] = Buffer.byteLength(body);
  }
  const outgoing = send({ agent, method: request.method, path: request.url, headers }, (answer) => {
    const given: OutgoingHttpHeaders = { ...answer.headers };
    for (const name of OF_THE_HOP) delete given[name];
    response.writeHead(answer.statusCode ?? 502, given);
    answer.pipe(response);
    answer.once('error', () => response.destroy());
  });
  outgoing.once('error', (error) => {
    if (response.headersSent) response.destroy();
    else {
      const next = error instanceof NotReached ? 'Nothing was sent: try again.' : MAY_HAVE_TAKEN_EFFECT;
      sendJson(response, { ...refusal('null', 'INTERNAL', `The worker of this request ended. ${next}`), status: 503 });
    }
  });
  // A caller that goes away cancels.
  response.once('close', () => outgoing.destroy());
  if (body === undefined) request.pipe(outgoing);
  else outgoing.end(body);
}

const OF_THE_HOP = ['connection', 'keep-alive', 'transfer-encoding'] as const;
