/** A model on loopback that does as its script says: it calls one tool after the other, and keeps what it was shown. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { WIRES } from './wire.mjs';

const letters = (name) => name.toLowerCase().replace(/[^a-z0-9]/g, '');

/**
 * @param steps `{ tool, args }` each, `tool` as the gateway calls it; clients put prefixes before it
 * @param options.before told of each step, before the call is made
 * @param options.bridge of clients that defer tools: the tool that calls them, and its arguments
 */
export async function startModel(steps, { before = async () => {}, bridge } = {}) {
  /** The first request that offers the gateway's tools, whole; and what came back of each step. */
  const seen = { prompt: undefined, results: [], requests: [], missing: [], others: [] };
  const answered = new Map();
  let next = 0;

  /** The call of a step, as the client wants it: under its own name of the tool, or through the tool that stands for deferred ones. */
  const written = (offered, { tool, args }) => {
    const own = offered.find(({ name }) => letters(name).endsWith(letters(tool)));
    if (own !== undefined) return { tool: own, args };
    const through = offered.find(({ name }) => name === bridge?.tool);
    return through === undefined ? undefined : { tool: through, args: bridge.args(tool, args) };
  };

  async function act(wire, body) {
    const offered = wire.tools(body);
    if (written(offered, steps[0]) === undefined) {
      seen.others.push(body);
      return { text: aside(body) };
    }
    seen.prompt ??= body;
    const results = wire.results(body);
    if (results.length >= seen.results.length) seen.results = results;
    const step = steps[results.length];
    if (step === undefined) return { text: 'All done.' };
    const call = written(offered, step);
    if (call === undefined) {
      seen.missing.push(step.tool);
      return { text: `There is no ${step.tool}.` };
    }
    // A request that the client repeats gets the same answer, at once.
    if (!answered.has(results.length)) answered.set(results.length, before(step, results.length));
    await answered.get(results.length);
    return call;
  }

  async function answer(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString();
    seen.requests.push(`${request.method} ${request.url}`);
    const wire = WIRES.find(({ matches }) => matches(request.url ?? ''));
    const send = (json) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(json));
    };
    if (request.url?.includes('count_tokens')) return send({ input_tokens: 100, totalTokens: 100 });
    if (wire === undefined || text === '') {
      return send({
        object: 'list',
        data: [{ id: 'scripted', object: 'model' }],
        models: [{ name: 'models/scripted' }],
      });
    }
    const body = JSON.parse(text);
    const { json, events } = wire.reply(await act(wire, body), body, ++next, request.url ?? '');
    if (json !== undefined) return send(json);
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const piece of events) response.write(piece);
    response.end();
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => response.destroy(error));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    seen,
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** What clients ask beside the conversation: titles, summaries, or a decision that must be JSON. */
function aside(body) {
  const schema = body.generationConfig?.responseJsonSchema ?? body.generationConfig?.responseSchema;
  if (schema === undefined) return 'A title';
  return JSON.stringify({
    reasoning: 'none',
    next_speaker: 'user',
    model_choice: 'flash',
    complexity_reasoning: 'none',
    complexity_score: 1,
  });
}
