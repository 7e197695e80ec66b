/** A caller of the gateway over stdio, in either generation, that answers what servers ask it. */
import { spawn } from 'node:child_process';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { MAIN, makeHome, stopChild } from './processes.mjs';

const META = 'io.modelcontextprotocol/';
const MODERN = '2026-07-28';
const CLIENT_INFO = { name: 'conformance-driver', version: '1.0.0' };
const CAPABILITIES = { roots: {}, sampling: {}, elicitation: {} };
const MAX_ROUNDS = 8;

/** What a user would leave in a form: its defaults, and yes to every question without one. */
function filled({ properties = {} }) {
  const entries = Object.entries(properties).map(([name, { type, default: value }]) => [
    name,
    value ?? (type === 'boolean' ? true : undefined),
  ]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

const ANSWERS = {
  'elicitation/create': ({ requestedSchema = {} }) => ({ action: 'accept', content: filled(requestedSchema) }),
  'sampling/createMessage': () => ({
    role: 'assistant',
    model: 'none',
    content: { type: 'text', text: 'An answer.' },
    stopReason: 'endTurn',
  }),
  'roots/list': () => ({ roots: [{ uri: 'file:///conformance', name: 'conformance' }] }),
  ping: () => ({}),
};

const answerTo = ({ method, params = {} }) => ANSWERS[method]?.(params);

/**
 * Starts a gateway in front of one server.
 * @param {object} options
 * @param {string} options.url of the server
 * @param {object} [options.entry] more of the server's entry
 * @param {string} options.revision the one that this caller speaks
 * @param {readonly string[]} options.args further arguments for `serve`
 */
export async function openSession({ url, entry = {}, revision, args }) {
  const home = makeHome('target', { url, ...entry });
  const child = spawn(process.execPath, [MAIN, 'serve', ...home.args, ...args], {
    cwd: home.cwd,
    env: home.env,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const waiting = new Map();
  /** What is to happen before the next question of the server is answered. */
  let beforeAnswer;
  const modern = revision === MODERN;
  let ids = 0;

  const send = (message) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);

  async function beReady() {
    const first = beforeAnswer;
    beforeAnswer = undefined;
    await first?.();
  }

  async function answer(message) {
    await beReady();
    const result = answerTo(message);
    const error = { code: -32601, message: 'Method not found' };
    send(result === undefined ? { id: message.id, error } : { id: message.id, result });
  }

  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line);
    if (message.method === undefined) waiting.get(message.id)?.(message);
    else if (message.id !== undefined) void answer(message);
  });
  child.once('exit', () => {
    for (const settle of waiting.values()) settle({ error: { code: 0, message: 'The gateway ended.' } });
  });

  const meta = {
    [`${META}protocolVersion`]: revision,
    [`${META}clientInfo`]: CLIENT_INFO,
    [`${META}clientCapabilities`]: CAPABILITIES,
  };

  async function once(method, params) {
    const id = ++ids;
    const answer = new Promise((resolve) => waiting.set(id, resolve));
    send({ id, method, params: modern ? { ...params, _meta: meta } : params });
    const { result, error } = await answer.finally(() => waiting.delete(id));
    if (error !== undefined) throw new Error(`${method}: ${error.code} ${error.message}`);
    return result;
  }

  /** A request and all its rounds. @param {() => Promise<unknown>} [between] runs before the first answer to a question */
  async function request(method, params = {}, between = undefined) {
    beforeAnswer = between;
    let result = await once(method, params);
    for (let round = 0; result.resultType === 'input_required' && round < MAX_ROUNDS; round++) {
      await beReady();
      const { inputRequests = {}, requestState } = result;
      const inputResponses = Object.fromEntries(
        Object.entries(inputRequests).map(([key, value]) => [key, answerTo(value)]),
      );
      const state = requestState === undefined ? {} : { requestState };
      result = await once(method, { ...params, inputResponses, ...state });
    }
    return result;
  }

  return {
    request,
    /** The handshake. @param {typeof request} [ask] sends its request */
    async begin(ask = request) {
      if (modern) return;
      await ask('initialize', { protocolVersion: revision, capabilities: CAPABILITIES, clientInfo: CLIENT_INFO });
      send({ method: 'notifications/initialized' });
    },
    async close() {
      child.stdin.end();
      await stopChild(child);
      home.remove();
    },
  };
}
