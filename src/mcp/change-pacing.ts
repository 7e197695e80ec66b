/** Paces reports of something that goes on changing: at once at first, then less and less often, until it is calm again. */

/** Milliseconds between what is told second and third; twice as many each time. */
const FIRST_GAP_MS = 250;
const LONGEST_GAP_MS = 30_000;
/** Milliseconds after which what changes again is told at once. */
const CALM_MS = 60_000;

export interface ChangePacing {
  /** Milliseconds until a change may be told, 0 for at once: then it counts as told. */
  waitMs(): number;
}

export function createChangePacing(now: () => number = () => performance.now()): ChangePacing {
  let toldAt = Number.NEGATIVE_INFINITY;
  let gap = 0;
  return {
    waitMs() {
      const at = now();
      const isCalm = at - toldAt > CALM_MS;
      const wait = isCalm ? 0 : Math.max(0, Math.ceil(toldAt + gap - at));
      if (wait > 0) return wait;
      gap =
        toldAt === Number.NEGATIVE_INFINITY || isCalm ? 0 : Math.min(Math.max(gap * 2, FIRST_GAP_MS), LONGEST_GAP_MS);
      toldAt = at;
      return 0;
    },
  };
}
