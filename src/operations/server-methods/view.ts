/** The ways in which a connection sees the servers. */
import type { Snapshot } from '../../config/snapshot.ts';

export type View =
  /** The gateway's few tools; prompts and resources of the servers under names that carry the server. */
  | { readonly mode: 'discovery' }
  /** All permitted tools too, under names that carry the server. */
  | { readonly mode: 'direct' }
  /** One server as it is, nothing renamed. */
  | { readonly mode: 'single'; readonly server: string };

export const DISCOVERY: View = { mode: 'discovery' };
export const DIRECT: View = { mode: 'direct' };

/** The configured servers that a view shows, by name. */
export function serversOf(view: View, snapshot: Snapshot): readonly string[] {
  if (view.mode !== 'single') return serversTogether(snapshot);
  const isThere = snapshot.servers.has(view.server) || snapshot.virtual?.has(view.server) === true;
  return isThere ? [view.server] : [];
}

/** Those that the views of several servers show, by name. */
export function serversTogether(snapshot: Snapshot): readonly string[] {
  return [...snapshot.servers.keys(), ...(snapshot.virtual?.keys() ?? [])].sort();
}

/** A task, by its server and the virtual one through which it was made, if there is one. */
interface MadeBy {
  readonly server: string;
  readonly named?: { readonly server: string } | undefined;
}

/** True if a view shows a task. */
export function isInView(view: View, { server, named }: MadeBy): boolean {
  return view.mode !== 'single' || view.server === server || view.server === named?.server;
}
