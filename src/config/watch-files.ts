/**
 * Notices changes of files: in place, by a rename over them, by a swapped link (Kubernetes replaces `..data`), by deletion.
 * fs.watch on the folders makes it prompt; comparing what stat says makes it certain, also where fs.watch is silent.
 */
import { type FSWatcher, watch } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

export interface WatchTimes {
  /** Milliseconds between two looks at the files; default 500. */
  readonly pollMs?: number;
  /** Milliseconds without a further change before `changed` is called, so that half-written files are not read; default 100. */
  readonly debounceMs?: number;
  /** Milliseconds after which `changed` is called although the file keeps changing; default 500. */
  readonly maxWaitMs?: number;
}

/**
 * Watches until the function it gives is called. `changed` is called once at the beginning too: the files may have changed
 * between their last reading and the first look. Never throws and never keeps the process alive.
 * @param files may change: those that come later are looked at from then on.
 */
export function watchFiles(
  files: readonly string[] | (() => readonly string[]),
  changed: () => void,
  times: WatchTimes = {},
): () => void {
  const { pollMs = 500, debounceMs = 100, maxWaitMs = 500 } = times;
  const seen = new Map<string, string>();
  const watchers: FSWatcher[] = [];
  const pathsNow = typeof files === 'function' ? files : () => files;
  let closed = false;
  let looking = false;
  let again = false;
  let dirtySince: number | undefined;
  let timer: NodeJS.Timeout | undefined;

  const look = async (): Promise<void> => {
    if (looking || closed) {
      again = true;
      return;
    }
    looking = true;
    try {
      do {
        again = false;
        await compare();
      } while (again && !closed);
    } finally {
      looking = false;
    }
  };
  const compare = async (): Promise<void> => {
    let different = false;
    for (const path of pathsNow()) {
      const now = await fingerprint(path);
      const before = seen.get(path);
      seen.set(path, now);
      different ||= before !== now;
    }
    if (!different || closed) return;
    dirtySince ??= performance.now();
    clearTimeout(timer);
    const left = dirtySince + maxWaitMs - performance.now();
    timer = setTimeout(settle, Math.max(0, Math.min(debounceMs, left)));
    timer.unref();
  };
  const settle = (): void => {
    dirtySince = undefined;
    if (!closed) changed();
  };

  const folders = async (): Promise<Set<string>> => {
    const paths = pathsNow();
    const real = await Promise.all(paths.map((path) => realpath(path).catch(() => path)));
    return new Set([...paths, ...real].map((path) => dirname(path)));
  };
  void look();
  void folders().then((found) => {
    for (const folder of found) {
      if (closed) return;
      const watcher = watchFolder(folder, () => void look());
      if (watcher !== undefined) watchers.push(watcher);
    }
  });
  const poll = setInterval(() => void look(), pollMs);
  poll.unref();

  return () => {
    closed = true;
    clearInterval(poll);
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
  };
}

/** Undefined where the system cannot watch; polling goes on in any case. */
function watchFolder(folder: string, event: () => void): FSWatcher | undefined {
  try {
    const watcher = watch(folder, { persistent: false }, event);
    watcher.on('error', () => watcher.close());
    return watcher;
  } catch {
    return undefined;
  }
}

/** The state of a file as stat gives it, links followed; the time of the last change of the inode catches edits that keep the size. */
async function fingerprint(path: string): Promise<string> {
  try {
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(path, { bigint: true });
    return [dev, ino, size, mtimeNs, ctimeNs].join(':');
  } catch {
    return 'absent';
  }
}
