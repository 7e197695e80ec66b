/** From what a caller wrote back to server and original; looks only at what the caller may use. */
import type { Target, ToolContext } from '../tools/types.ts';
import { exposedEntries } from './entries.ts';
import { exposedName, mayBeHashed, splitName } from './names.ts';
import { fitsTemplate, splitUri } from './uris.ts';
import { serversTogether, type View } from './view.ts';

/** Server and name of an exposed tool or prompt; undefined where it can be none. */
export function locateName(view: View, exposed: string): Target | undefined {
  if (view.mode === 'single') return { server: view.server, name: exposed };
  return mayBeHashed(exposed) ? undefined : splitName(exposed);
}

/** The same for names that may carry a hash: those cannot be read, only recognised. */
export async function lookUpName(
  context: ToolContext,
  list: 'tools' | 'prompts',
  exposed: string,
): Promise<Target | undefined> {
  for (const { server, key } of await exposedEntries(context, list)) {
    if (exposedName(server, key) === exposed) return { server, name: key };
  }
  return splitName(exposed);
}

/** Server and URI of an exposed resource; undefined where the URI carries no server. */
export function locateUri(view: View, exposed: string): Target | undefined {
  if (view.mode === 'single') return { server: view.server, name: exposed };
  const split = splitUri(exposed);
  return split === undefined ? undefined : { server: split.server, name: split.uri };
}

/**
 * Whose resource a bare URI is: tool results and `_meta.ui` name resources as their servers do. The first permitted server
 * that lists it, then one with a template that fits, then one whose tools mention it.
 */
export async function lookUpUri(context: ToolContext, uri: string): Promise<Target | undefined> {
  for (const { server, key } of await exposedEntries(context, 'resources')) {
    if (key === uri) return { server, name: uri };
  }
  for (const { server, key } of await exposedEntries(context, 'templates')) {
    if (fitsTemplate(uri, key)) return { server, name: uri };
  }
  const mention = JSON.stringify(uri);
  for (const name of serversTogether(context.snapshot)) {
    const server = context.snapshot.servers.get(name);
    if (server === undefined || !context.decide(name, uri, 'resource').allowed) continue;
    const tools = await context.catalog
      .tools(server, { timeoutMs: 1_000, oneOfMany: true, signal: context.signal })
      .catch(() => []);
    if (tools.some((tool) => tool.raw.includes(mention))) return { server: name, name: uri };
  }
  return undefined;
}
