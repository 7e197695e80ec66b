/** An OpenAI-compatible endpoint for embeddings whose vectors depend on the text alone. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface AskedFor {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly model: string;
  readonly input: readonly string[];
}

export interface FakeEmbeddings {
  /** Base address, as people configure it. */
  readonly url: string;
  /** Requests so far. */
  readonly asked: AskedFor[];
  /** How it answers from now on. */
  mode: 'good' | 'failing' | 'silent' | 'picky';
  close(): Promise<void>;
}

/**
 * @param ideas words that mean the same, by idea: each idea is a dimension. Picky refuses requests with the word "poison", and
 *   failing answers with whatever key it was given.
 */
export async function fakeEmbeddings(ideas: readonly (readonly string[])[]): Promise<FakeEmbeddings> {
  const vectorOf = (text: string): number[] => [
    0.01,
    ...ideas.map((words) => (words.some((word) => text.toLowerCase().includes(word)) ? 1 : 0)),
  ];
  const server = createServer(async (request, response) => {
    const { model, input } = JSON.parse(await bodyOf(request)) as { model: string; input: string[] };
    const { authorization } = request.headers;
    fake.asked.push({ path: request.url ?? '', authorization, model, input });
    if (fake.mode === 'silent') return;
    const refused = fake.mode === 'picky' && input.some((text) => text.includes('poison'));
    if (refused || fake.mode === 'failing') {
      response.writeHead(refused ? 400 : 503).end(JSON.stringify({ error: `not with ${authorization}` }));
      return;
    }
    const data = input.map((text, index) => ({ object: 'embedding', index, embedding: vectorOf(text) })).reverse();
    response
      .writeHead(200, { 'content-type': 'application/json' })
      .end(JSON.stringify({ object: 'list', data, model }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const fake: FakeEmbeddings = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    asked: [],
    mode: 'good',
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return fake;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}
