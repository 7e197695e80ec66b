/** From what a caller wrote back to server and original; looks only at what the caller may use. */
import type { Target, ToolContext } from '../operation.ts';
import { exposedEntries, PATIENCE_MS } from './exposed-entries.ts';
import { exposedName, isExposedAs, isMaybeHashed, splitName } from './exposed-names.ts';
import { isAppUri, splitUri } from './exposed-uris.ts';
import { offersResource, type UriUse } from './require-resource.ts';
import { serversTogether, type View } from './view.ts';

/** Server and name of an exposed tool or prompt; undefined where it can be none. */
export function locateName(view: View, exposed: string): Target | undefined {
  if (view.mode === 'single') return { server: view.server, name: exposed };
  const split = splitName(exposed);
  const isRead = split !== undefined && !isMaybeHashed('server', split.server) && !isMaybeHashed('tool', split.name);
  return isRead ? split : undefined;
}

/** The same for names that may carry a hash: those cannot be read, only recognised, among what the caller may use. */
export async function lookUpName(
  context: ToolContext,
  list: 'tools' | 'prompts',
  exposed: string,
): Promise<Target | undefined> {
  const split = splitName(exposed);
  if (split === undefined) return undefined;
  const servers = serversTogether(context.snapshot).filter(
    (server) => isExposedAs(server, split.server) && context.decide(server).allowed,
  );
  const listed = isMaybeHashed('tool', split.name) ? await exposedEntries(context, list, servers) : [];
  const entry = listed.find((one) => one.exposed === exposed);
  if (entry !== undefined) return { server: entry.server, name: entry.key };
  const server = servers.find((name) => exposedName(name, split.name) === exposed);
  return { server: server ?? split.server, name: split.name };
}

/** Server and URI of an exposed resource; undefined where the URI carries no server, or may be a server's own. */
export function locateUri(view: View, exposed: string): Target | undefined {
  if (view.mode === 'single') return { server: view.server, name: exposed };
  if (isAppUri(exposed)) return undefined;
  const split = splitUri(exposed);
  return split === undefined ? undefined : { server: split.server, name: split.uri };
}

/**
 * Finds the server of a URI that does not say it for certain: tool results name resources as their servers do. Undefined where
 * several permitted servers have it: which of them was meant nobody can tell.
 */
export async function lookUpUri(context: ToolContext, uri: string, use: UriUse | 'skill'): Promise<Target | undefined> {
  const split = isAppUri(uri) ? splitUri(uri) : undefined;
  // If it names a server, no other one answers, not even while that one is down.
  if (split !== undefined && context.snapshot.servers.has(split.server) && context.decide(split.server).allowed) {
    const carried = await offeredBy(context, split.server, split.uri, use);
    return carried ?? (await offeredBy(context, split.server, uri, use));
  }
  const all = await Promise.all(serversTogether(context.snapshot).map((name) => offeredBy(context, name, uri, use)));
  const [only, ...others] = all.filter((target) => target !== undefined);
  return others.length === 0 ? only : undefined;
}

async function offeredBy(
  context: ToolContext,
  name: string,
  uri: string,
  use: UriUse | 'skill',
): Promise<Target | undefined> {
  const server = context.snapshot.servers.get(name);
  if (server === undefined || !context.decide(name, uri, use === 'skill' ? use : 'resource').allowed) return undefined;
  const wanted = { timeoutMs: PATIENCE_MS, oneOfMany: true, signal: context.signal };
  try {
    const isOffered =
      use === 'skill'
        ? (await context.catalog.offers(server, 'skills', wanted)).byKey.has(uri)
        : await offersResource(context, server, uri, use, wanted);
    return isOffered ? { server: name, name: uri } : undefined;
  } catch (error) {
    // One server that is down must not hide the others.
    if (context.signal.aborted) throw error;
    return undefined;
  }
}
