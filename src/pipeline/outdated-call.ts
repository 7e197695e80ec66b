import type { Snapshot } from '../config/snapshot.ts';
import type { Target } from '../operations/operation.ts';
import { isGone } from '../upstream/failures.ts';

interface Decided {
  readonly snapshot: Snapshot;
  readonly target: Target | undefined;
}

/** True if the server of a call is another one by now, gone, or gone and back: what failed with it is tried again with what took its place. */
export function isOutdated(current: Snapshot, { snapshot, target }: Decided, error: unknown): boolean {
  const name = target?.server ?? '';
  const isAnother = current.servers.get(name)?.key !== snapshot.servers.get(name)?.key;
  return isAnother || (current !== snapshot && isGone(error));
}
