/**
 * Finds every process that descends from some, also those that left their process group or lost their parent: by group, by
 * parent, and by the marker that all of them inherit (Linux; elsewhere the marker cannot be read).
 */
import process from 'node:process';
import { type ProcessInfo, processesNow, send } from './processes.ts';

/** What makes a process a member: it descends from a root, is in its group, or carries the marker. */
export interface Lineage {
  /** Processes that we started as leaders of their own groups. */
  readonly roots: ReadonlySet<number>;
  readonly marked: (marker: string) => boolean;
}

/** Which of `all` belong to a lineage; `known` are members found earlier, which may have lost their parents. */
export function selectFamily(
  all: readonly ProcessInfo[],
  { roots, marked }: Lineage,
  known: ReadonlyMap<number, string>,
): ProcessInfo[] {
  const members = new Map<number, ProcessInfo>();
  const join = (info: ProcessInfo): void => {
    if (info.pid !== process.pid && info.pid > 1) members.set(info.pid, info);
  };
  for (const info of all) {
    const isMarked = info.marker !== undefined && marked(info.marker);
    if (isMarked || roots.has(info.group) || known.get(info.pid) === info.started) join(info);
  }
  for (let grew = true; grew; ) {
    grew = false;
    for (const info of all) {
      if (members.has(info.pid) || !(roots.has(info.parent) || members.has(info.parent))) continue;
      join(info);
      grew = members.has(info.pid) || grew;
    }
  }
  return [...members.values()];
}

export interface Family {
  /** Looks again. @returns how many are alive. */
  refresh(): Promise<number>;
  signal(signal: 'SIGTERM' | 'SIGKILL'): void;
  /** Waits until nobody is left. @returns false when somebody still is after `ms`. */
  gone(ms: number): Promise<boolean>;
}

const POLL_MS = 30;

/** The living members of a lineage, which may grow. */
export function createFamily(lineage: Lineage): Family {
  const known = new Map<number, string>();
  let alive: ProcessInfo[] = [];

  const refresh = async (): Promise<number> => {
    alive = selectFamily(await processesNow(), lineage, known);
    for (const info of alive) known.set(info.pid, info.started);
    return alive.length;
  };

  return {
    refresh,
    signal(signal) {
      for (const info of alive) send(info.pid, signal);
    },
    async gone(ms) {
      const until = Date.now() + ms;
      while ((await refresh()) > 0) {
        if (Date.now() >= until) return false;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
      return true;
    },
  };
}
