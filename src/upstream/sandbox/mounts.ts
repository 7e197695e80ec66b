/** What a sandbox shows of the files that its entry lists, as steps in the order in which they are done. */
import { dirname, join, relative } from 'node:path';
import { isWithin } from '../../shared/is-within.ts';

/** One step: later ones cover earlier ones. */
export type Mount =
  | { readonly kind: 'read' | 'write'; readonly from: string; readonly at: string }
  /** An empty folder into which nothing can be put. */
  | { readonly kind: 'nothing'; readonly at: string };

/** A path that the owner listed, and where it really is. */
export interface ListedPath {
  readonly path: string;
  readonly real: string;
  readonly access: 'read' | 'write';
}

/** Shows what is listed, outer folders first, and covers folders of the gateway wherever they would appear. @param own without links */
export function listedMounts(listed: readonly ListedPath[], own: readonly string[]): readonly Mount[] {
  const shown = [...listed].sort((one, other) => one.path.length - other.path.length);
  const mounts = shown.map(({ path, real, access }): Mount => ({ kind: access, from: real, at: path }));
  return [...mounts, ...shown.flatMap((one) => own.flatMap((folder) => coverOf(one, folder, shown)))];
}

function coverOf(listed: ListedPath, own: string, all: readonly ListedPath[]): readonly Mount[] {
  if (!isWithin(own, listed.real)) return [];
  const at = join(listed.path, relative(listed.real, own));
  // A longer path of the list shows something else there.
  if (all.some(({ path }) => path.length > listed.path.length && isWithin(at, path))) return [];
  return [...(listed.access === 'write' ? pinned(listed, own, at) : []), { kind: 'nothing', at }];
}

/**
 * The folders between: whoever may write the outer one could else move them away with what is covered in them, and put others in
 * their place, which the gateway would read. What is a mount of its own cannot be moved.
 */
function pinned(listed: ListedPath, own: string, at: string): readonly Mount[] {
  const between: Mount[] = [];
  let real = dirname(own);
  for (let path = dirname(at); path !== listed.path && isWithin(path, listed.path); path = dirname(path)) {
    between.unshift({ kind: 'write', from: real, at: path });
    real = dirname(real);
  }
  return between;
}
