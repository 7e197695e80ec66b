/** Events of servers: the catalogue forgets what may be stale, and subscribers are told. */
import type { Catalog } from '../catalog/catalog.ts';
import type { ListKind } from '../catalog/server-lists.ts';
import type { ServerDefinition } from '../config/snapshot.ts';
import type { UpstreamEvents } from '../upstream/contract.ts';
import type { Subscriptions } from './subscriptions.ts';

/** @param catalog made after the connections that these events are of. */
export function serverEvents(
  subscriptions: Subscriptions,
  catalog: () => Pick<Catalog, 'invalidate' | 'changed' | 'missed'>,
): UpstreamEvents {
  const changed = (server: ServerDefinition, kind: ListKind): void => {
    catalog().invalidate(server, kind);
    catalog().changed(server.name);
    subscriptions.listsChanged(server.name, [kind]);
  };
  return {
    connected(server) {
      catalog().invalidate(server);
      subscriptions.listsChanged(server.name, catalog().missed(server));
      subscriptions.connected(server.name);
    },
    disconnected: () => {},
    toolsChanged: (server) => changed(server, 'tools'),
    promptsChanged: (server) => changed(server, 'prompts'),
    resourcesChanged: (server) => changed(server, 'resources'),
    resourceUpdated(server, uri) {
      catalog().changed(server.name);
      subscriptions.resourceUpdated(server.name, uri);
    },
    taskChanged: (server, id) => subscriptions.taskChanged(server.name, id),
    said: (server, whose, method, params) => subscriptions.said(server.name, whose, method, params),
    asked: (server, whose, request) => subscriptions.asked(server.name, whose, request),
  };
}
