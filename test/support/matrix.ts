import process from 'node:process';
import { describe } from 'vitest';
import { type Gateway, type HttpGateway, type Setup, type StdioGateway, serveHttp, serveStdio } from './gateway.ts';
import { MODERN, type Rpc } from './rpc.ts';

export const TRANSPORTS = ['stdio', 'http'] as const;
export const REVISIONS = ['2025-06-18', '2025-11-25', '2026-07-28'] as const;

export type Transport = (typeof TRANSPORTS)[number];

/** One combination of transport and revision. */
export interface Kind {
  readonly transport: Transport;
  readonly revision: string;
}

export interface Front extends Gateway {
  readonly rpc: Rpc;
}

export const KINDS: readonly Kind[] = TRANSPORTS.flatMap((transport) =>
  REVISIONS.map((revision) => ({ transport, revision })),
);

/**
 * Both transports and both eras, each once; for what does not depend on more. The long suite has all four combinations of them.
 */
export const CORNERS: readonly Kind[] = KINDS.filter(
  ({ transport, revision }) =>
    revision !== '2025-06-18' && (process.env['LONG'] === '1' || (transport === 'stdio') === (revision === MODERN)),
);

/** Processes that serve, with the flags for that. What holds for two workers is asked of one process in the long suite. */
export const PROCESSES: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['two workers', ['--workers', '2']],
  ...(process.env['LONG'] === '1' ? [['one process', []] as const] : []),
];

/** A gateway of its own with a raw connection of that kind. */
export async function open(kind: Kind, setup: Setup): Promise<Front> {
  if (kind.transport === 'stdio') return serveStdio(setup, kind.revision);
  const gateway = await serveHttp(setup);
  return { ...gateway, rpc: await gateway.open(kind.revision) };
}

const sharedHttp = new Map<Setup, Promise<HttpGateway>>();
const sharedPipes = new Map<Setup, Map<string, Promise<StdioGateway>>>();
/** Ends the gateways that the tests of a file shared. */
export async function endShared(): Promise<void> {
  const pipes = [...sharedPipes.values()].flatMap((found) => [...found.values()]);
  for (const gateway of [...sharedHttp.values(), ...pipes]) await (await gateway).stop();
  sharedHttp.clear();
  sharedPipes.clear();
}

/**
 * A raw connection of that kind to a gateway that all revisions of a transport share, as far as they can: for tests that leave
 * nothing behind. It is the same one for the same setup, and ends with the file; `stop` only closes the connection.
 */
export async function openShared({ transport, revision }: Kind, setup: Setup): Promise<Front> {
  if (transport === 'http') {
    const started = sharedHttp.get(setup) ?? serveHttp(setup);
    sharedHttp.set(setup, started);
    const gateway = await started;
    const rpc = await gateway.open(revision);
    return { ...gateway, rpc, stop: () => rpc.close() };
  }
  // Requests of 2026-07-28 need no handshake and may mix with those of a session.
  const spoken = revision === MODERN ? '2025-11-25' : revision;
  const pipes = sharedPipes.get(setup) ?? new Map<string, Promise<StdioGateway>>();
  sharedPipes.set(setup, pipes);
  const started = pipes.get(spoken) ?? serveStdio(setup, spoken);
  pipes.set(spoken, started);
  const gateway = await started;
  return { ...gateway, rpc: gateway.rpc.as(revision), stop: async () => {} };
}

/** One gateway, spoken to in both eras, one after the other. */
export async function withBothEras(
  transport: Transport,
  setup: Setup,
  body: (front: Front) => Promise<void>,
): Promise<void> {
  const [legacy, modern] = ['2025-11-25', '2026-07-28'] as const;
  if (transport === 'stdio') {
    const gateway = await serveStdio(setup, legacy);
    await body(gateway);
    await body({ ...gateway, rpc: gateway.rpc.as(modern) });
    await gateway.stop();
    return;
  }
  const gateway = await serveHttp(setup);
  for (const revision of [legacy, modern]) await body({ ...gateway, rpc: await gateway.open(revision) });
  await gateway.stop();
}

export function overMatrix(kinds: readonly Kind[], body: (kind: Kind) => void): void {
  describe.each(kinds)('$transport $revision', body);
}
