/** Takes out of the results of a server what the rules name. Most rules name nothing. */
import type { Relayed } from '../../relay/relayed.ts';
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
