/** Takes out of the results of a server what the rules name. Most rules name nothing. */
import type { Relayed } from '../../relay/relayed.ts';
import type { GatewayError } from '../../shared/errors.ts';
import type { ToolContext } from '../operation.ts';

/** @returns the same where nothing is found, or nothing is looked for */
export function screenedResult(
  context: Pick<ToolContext, 'snapshot' | 'screened'>,
  name: string,
  relayed: Relayed,
): Promise<Relayed> | Relayed {
  const terms = context.snapshot.servers.get(name)?.results;
  if (terms === undefined) return relayed;
  return import('./screen/screen-relayed.ts').then(({ screenRelayed }) => screenRelayed(relayed, terms, context));
}

/** The same for a failure, which may quote what a server wrote: an answer that cannot be read, or its last words. */
export async function screenedFailure(
  context: Pick<ToolContext, 'snapshot' | 'screened'>,
  name: string,
  error: GatewayError,
): Promise<GatewayError> {
  const terms = context.snapshot.servers.get(name)?.results;
  if (terms === undefined) return error;
  const { screenLargeText } = await import('./screen/screen-text.ts');
  const counts = new Map<string, number>();
  const message = await screenLargeText(error.message, terms, counts);
  if (counts.size === 0) return error;
  context.screened(counts);
  return error.with({ message });
}
