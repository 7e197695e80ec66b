/** The context that all servers share. */
import type { HttpClientKind } from '../../config/settings.ts';
import type { ServerDefinition } from '../../config/snapshot.ts';
import type { Authorization } from '../channel/authorization.ts';
import type { Log, SpansOf, StrictServers, UpstreamEvents } from '../contract.ts';
import type { ServerProcess } from '../process/server-process.ts';
import type { OwnPlaces } from '../sandbox/own-places.ts';
import type { Connect } from './connect-server.ts';
import type { Budgets } from './server-limits.ts';
import type { StartQueue } from './start-queue.ts';

export interface PoolContext {
  readonly version: string;
  readonly log: Log;
  readonly redact: (text: string) => string;
  readonly events: Partial<UpstreamEvents>;
  readonly spansOf?: SpansOf | undefined;
  readonly budgets: Budgets;
  readonly maxMessageBytes: number;
  readonly httpClient?: HttpClientKind | undefined;
  readonly authorization: (server: ServerDefinition, owner: string) => Authorization | undefined;
  readonly startQueue: StartQueue;
  /** The only principal that there can be; undefined where there may be several. */
  readonly onlyOwner: string | undefined;
  readonly strictServers: StrictServers | undefined;
  readonly ownPlaces: OwnPlaces;
  readonly connect: Connect;
  /** Capabilities that the next caller probably has: JSON text. */
  expectedCapabilities(): string;
  /** Value of the environment marker for the next process. */
  nextMarker(): string;
  onProcess(child: ServerProcess): void;
  /** Work that the end of the gateway waits for. */
  track(work: Promise<unknown>): void;
}
