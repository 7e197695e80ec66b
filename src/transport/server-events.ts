/** What servers do unasked: the catalogue forgets what may be stale, and whoever wants to hear of it is told. */
import type { Catalog, ListKind } from '../catalog/catalog.ts';
import type { ServerDefinition } from '../config/types.ts';
import type { DownstreamEvents } from '../downstream/types.ts';
import type { Hub } from './hub.ts';

/** @param catalog made after the connections that these events are of. */
export function serverEvents(hub: Hub, catalog: () => Pick<Catalog, 'invalidate' | 'missed'>): DownstreamEvents {
  const changed = (server: ServerDefinition, kind: ListKind): void => {
    catalog().invalidate(server, kind);
    hub.listsChanged(server.name, [kind]);
  };
  return {
    connected(server) {
      catalog().invalidate(server);
      hub.listsChanged(server.name, catalog().missed(server));
      hub.connected(server.name);
    },
    disconnected: () => {},
    toolsChanged: (server) => changed(server, 'tools'),
    promptsChanged: (server) => changed(server, 'prompts'),
    resourcesChanged: (server) => changed(server, 'resources'),
    resourceUpdated: (server, uri) => hub.resourceUpdated(server.name, uri),
    said: (server, whose, method, params) => hub.said(server.name, whose, method, params),
    asked: (server, whose, request) => hub.asked(server.name, whose, request),
  };
}
