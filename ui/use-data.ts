import { useCallback, useEffect, useState } from 'preact/hooks';
import { get, NotAViewer } from './api.ts';

export interface Loaded<T> {
  readonly data: T | undefined;
  /** The reason why there is no newer one. */
  readonly error: Error | undefined;
  readonly again: () => void;
}

/** The answer of the server under a path, asked for again every so many milliseconds; 0 for once. */
export function useData<T>(path: string, everyMs = 0): Loaded<T> {
  const [state, setState] = useState<{ path: string; data: T | undefined; error: Error | undefined }>({
    path,
    data: undefined,
    error: undefined,
  });
  const [turn, setTurn] = useState(0);
  const again = useCallback(() => setTurn((count) => count + 1), []);
  useEffect(() => {
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const load = async (): Promise<void> => {
      try {
        const data = await get<T>(path, leaving.signal);
        setState({ path, data, error: undefined });
      } catch (error) {
        if (leaving.signal.aborted) return;
        setState((before) => ({ ...before, path, error: error as Error }));
        if (error instanceof NotAViewer) return;
      }
      // A page that nobody sees asks for nothing.
      if (everyMs > 0) timer = setTimeout(() => (document.hidden ? waitForEyes() : load()), everyMs);
    };
    const waitForEyes = (): void =>
      document.addEventListener('visibilitychange', () => void load(), { once: true, signal: leaving.signal });
    void load();
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [path, everyMs, turn]);
  return { data: state.data, error: state.error, again };
}
