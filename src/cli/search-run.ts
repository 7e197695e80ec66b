import process from 'node:process';
import { createEndpoint } from '../catalog/embeddings/embeddings-endpoint.ts';
import { openUses } from '../catalog/usage/usage-file.ts';
import type { ToolUse } from '../catalog/usage/usage-history.ts';
import { loadSnapshot } from '../config/load-snapshot.ts';
import type { Settings } from '../config/settings.ts';
import { GatewayError } from '../shared/errors.ts';
import { count } from './count.ts';
import { print, printJson, say } from './output.ts';
import type { SearchFlags } from './search.ts';
import { table } from './table.ts';

const HEAD = ['agent', 'times', 'last', 'server', 'tool', 'words'];

/** Milliseconds for the answer: long enough to learn how slow a slow endpoint is. */
const PATIENCE_MS = 30_000;

/**
 * Asks for one vector, as a search would.
 * @throws GatewayError CONFIG_INVALID, CONFIG_NOT_FOUND, SERVER_UNAVAILABLE
 */
export async function test(settings: Settings, { json }: SearchFlags): Promise<void> {
  const { embeddings } = (await loadSnapshot(settings, process.env)).snapshot.search;
  if (embeddings === undefined) {
    const message = 'The rules have no endpoint for embeddings, or its key is not set: "validate" says which.';
    throw new GatewayError('CONFIG_INVALID', message);
  }
  const { model, timeoutMs, queryPrefix } = embeddings;
  const nothing = (): void => undefined;
  const endpoint = createEndpoint({ failed: nothing, recovered: nothing, now: () => performance.now() });
  const asking = { timeoutMs: PATIENCE_MS, signal: new AbortController().signal };
  const start = performance.now();
  const [vector] = await endpoint.embed(embeddings, [`${queryPrefix}open an issue`], asking);
  const ms = Math.round(performance.now() - start);
  if (vector === undefined) {
    throw new GatewayError('SERVER_UNAVAILABLE', `The endpoint refuses the request: check the model "${model}".`);
  }
  if (json === true) return printJson({ model, dimensions: vector.length, ms, timeout_ms: timeoutMs });
  print(`${model}: a vector of ${vector.length} numbers after ${ms} ms`);
  if (ms > timeoutMs) say(`A search waits ${timeoutMs} ms for it, and goes on without: raise "timeout_ms".`);
}

/** Prints what is remembered. */
export async function learned(settings: Settings, { agent, json }: SearchFlags): Promise<void> {
  const file = openUses(settings.cacheDir);
  const uses = (await file.read()).filter((use) => agent === undefined || use.agent === agent);
  if (json === true) return printJson(uses);
  if (uses.length === 0) return say(`Nothing is remembered in ${file.path}.`);
  for (const line of table([HEAD, ...uses.map(row)])) print(line);
}

function row({ agent, count, last, server, tool, words }: ToolUse): string[] {
  return [agent, String(count), last, server, tool, words.join(' ')];
}

/** Forgets it. @throws what the file system does */
export async function forget(settings: Settings, { agent, json }: SearchFlags): Promise<void> {
  let forgotten = 0;
  await openUses(settings.cacheDir).update((uses) => {
    const kept = agent === undefined ? [] : uses.filter((use) => use.agent !== agent);
    forgotten = uses.length - kept.length;
    return forgotten === 0 ? uses : kept;
  });
  if (json === true) return printJson({ forgotten });
  say(forgotten === 0 ? 'Nothing was remembered.' : `Forgotten: ${count(forgotten, 'use')}.`);
}
