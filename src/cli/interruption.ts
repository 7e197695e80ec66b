/** Closes what a command has open before it ends: after Ctrl-C and other signals, and where nobody reads its output any more. */
import process from 'node:process';
import { beforeLeaving, fallSilent } from './output.ts';
import { endWithoutTerminal } from './terminal.ts';

/** Exit status after each: 128 and its number. */
const STATUS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * Closes before the process ends early. A second signal ends it at once.
 * @returns takes it back, once what was open is closed.
 */
export function closeOnInterruption(close: () => Promise<unknown>): () => void {
  let isClosing = false;
  endWithoutTerminal();
  const handlers = Object.entries(STATUS).map(([signal, status]) => {
    const handler = (): void => {
      if (isClosing) process.exit(status);
      isClosing = true;
      fallSilent();
      void close()
        .catch(() => undefined)
        .finally(() => process.exit(status));
    };
    process.on(signal, handler);
    return [signal, handler] as const;
  });
  const takeBack = beforeLeaving(close);
  return () => {
    takeBack();
    for (const [signal, handler] of handlers) process.off(signal, handler);
  };
}
