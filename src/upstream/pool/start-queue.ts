/** Bounds how many servers start at once, without letting slow ones keep the others out, and callers before everybody else. */

/** A place in the queue. */
interface Turn {
  /** Resolves when it is its turn; calling it gives the slot back, and calling it again does nothing. */
  readonly granted: Promise<() => void>;
  /** Somebody waits for this one now. */
  hurry(): void;
}

export interface StartQueue {
  take(urgent: boolean): Turn;
}

interface Waiting {
  urgent: boolean;
  readonly go: () => void;
}

/**
 * @param count slots; there are as many again for starts that a caller waits for.
 * @param maxHoldMs after which a slot counts as free although its holder still has it: a server that downloads itself for
 *   minutes must not keep others waiting.
 */
export function createStartQueue(count: number, maxHoldMs: number): StartQueue {
  let held = 0;
  let waiting: Waiting[] = [];

  const may = (urgent: boolean): boolean => held < (urgent ? 2 * count : count);

  const admit = (): void => {
    const next = waiting.find(({ urgent }) => urgent) ?? waiting[0];
    if (next === undefined || !may(next.urgent)) return;
    waiting = waiting.filter((one) => one !== next);
    next.go();
  };

  const grant = (): (() => void) => {
    held++;
    let over = false;
    const release = (): void => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      held--;
      admit();
    };
    const timer = setTimeout(release, maxHoldMs);
    timer.unref();
    return release;
  };

  return {
    take(urgent) {
      let entry: Waiting | undefined;
      const granted = new Promise<() => void>((resolve) => {
        if (may(urgent)) return resolve(grant());
        entry = { urgent, go: () => resolve(grant()) };
        waiting.push(entry);
      });
      const hurry = (): void => {
        if (entry === undefined || entry.urgent) return;
        entry.urgent = true;
        admit();
      };
      return { granted, hurry };
    },
  };
}
