/** Waits for what is told, instead of asking again and again. */
export interface Soon {
  tell(): void;
  /** The first value that is there, now or after something was told; rejects when none comes in `ms`. */
  until<T>(value: () => T | undefined, ms?: number): Promise<T>;
}

export function soon(): Soon {
  const waiting = new Set<() => void>();
  return {
    tell() {
      for (const check of waiting) check();
    },
    until(value, ms = 10_000) {
      return new Promise((resolve, reject) => {
        const check = (): void => {
          const found = value();
          if (found === undefined) return;
          waiting.delete(check);
          clearTimeout(timer);
          resolve(found);
        };
        const timer = setTimeout(() => {
          waiting.delete(check);
          reject(new Error(`Nothing came in ${ms} ms.`));
        }, ms);
        waiting.add(check);
        check();
      });
    },
  };
}
