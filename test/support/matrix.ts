import { describe } from 'vitest';
import { type Gateway, type Setup, serveHttp, serveStdio } from './gateway.ts';
import type { Rpc } from './rpc.ts';

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

/** Both transports and both eras, each once; for what does not depend on more. */
export const CORNERS: readonly Kind[] = KINDS.filter(({ revision }) => revision !== '2025-06-18');

/** A gateway of its own with a raw connection of that kind. */
export async function open(kind: Kind, setup: Setup): Promise<Front> {
  if (kind.transport === 'stdio') return serveStdio(setup, kind.revision);
  const gateway = await serveHttp(setup);
  return { ...gateway, rpc: await gateway.open(kind.revision) };
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
