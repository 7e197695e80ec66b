/**
 * Finds every process that descends from some, also those that left their process group or lost their parent: by group, by
 * parent, and by the marker that all of them inherit (Linux; elsewhere the marker cannot be read).
 */
import process from 'node:process';
import { type ProcessInfo, processExists, processesNow, sendSignal } from './process-table.ts';

/** A lineage of processes: a member descends from a root, is in its group, or carries the marker. */
interface Lineage {
  /** Processes that we started as leaders of their own groups. */
  readonly roots: ReadonlySet<number>;
  readonly marked: (marker: string) => boolean;
}

/** The processes of `all` that belong to a lineage; `known` are members found earlier, which may have lost their parents. */
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

interface Family {
  /** Looks again. @returns how many are alive. */
  refresh(): Promise<number>;
  signal(signal: 'SIGTERM' | 'SIGKILL'): void;
  /** Waits until nobody is left. @returns false when somebody still is after `ms`. */
  gone(ms: number): Promise<boolean>;
}

const POLL_MS = 30;

/**
 * The living members of a lineage, which may grow.
 * @param list all processes; where it rejects, members are those found before, and the groups of the roots.
 */
export function createFamily(lineage: Lineage, list: () => Promise<readonly ProcessInfo[]> = processesNow): Family {
  /** Those of the last look, with when they started. */
  let known = new Map<number, string>();
  /** The ids that get a signal: processes, and groups as negative numbers. */
  let targets: number[] = [];

  const refresh = async (): Promise<number> => {
    const all = await list().catch(() => undefined);
    if (all === undefined) {
      targets = [...[...lineage.roots].map((root) => -root), ...known.keys()].filter(processExists);
      return targets.length;
    }
    const alive = selectFamily(all, lineage, known);
    known = new Map(alive.map(({ pid, started }) => [pid, started]));
    // The group too: it may have grown since.
    const groups = new Set(alive.map(({ group }) => group).filter((group) => lineage.roots.has(group)));
    targets = [...[...groups].map((group) => -group), ...alive.map(({ pid }) => pid)];
    return alive.length;
  };

  return {
    refresh,
    signal(signal) {
      for (const target of targets) sendSignal(target, signal);
    },
    async gone(ms) {
      const until = performance.now() + ms;
      while ((await refresh()) > 0) {
        if (performance.now() >= until) return false;
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
      return true;
    },
  };
}
