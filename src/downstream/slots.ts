/** Bounds how many servers start at once, without letting slow ones keep the others out. */

export interface Slots {
  /** Resolves when a slot is free. @returns gives it back; further calls do nothing. */
  take(urgent: boolean): Promise<() => void>;
}

/**
 * @param count slots.
 * @param maxHoldMs after which a slot counts as free although its holder still has it: a server that downloads itself for
 *   minutes must not keep others waiting.
 */
export function createSlots(count: number, maxHoldMs: number): Slots {
  let free = count;
  const waiting: (() => void)[] = [];

  const grant = (): (() => void) => {
    free--;
    let held = true;
    const release = (): void => {
      if (!held) return;
      held = false;
      clearTimeout(timer);
      free++;
      waiting.shift()?.();
    };
    const timer = setTimeout(release, maxHoldMs);
    timer.unref();
    return release;
  };

  return {
    take: (urgent) =>
      new Promise((resolve) => {
        if (free > 0) return resolve(grant());
        const go = (): void => resolve(grant());
        if (urgent) waiting.unshift(go);
        else waiting.push(go);
      }),
  };
}
