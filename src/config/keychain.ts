/**
 * The keychain of the operating system: Keychain on macOS, Credential Manager on Windows, the Secret Service elsewhere. It
 * keeps one key, and the files that this key opens keep the rest: Windows takes 2,560 bytes an entry, which tokens exceed,
 * and none of the three can replace a value under a lock.
 */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Keychain {
  /** Undefined where it has nothing under that name. @throws where it is locked, or does not answer in time. */
  get(name: string): Promise<string | undefined>;
  /** @throws where it is locked, or does not answer in time. */
  set(name: string, secret: string): Promise<void>;
}

const SERVICE = 'agent-mcp-gateway';
/** Milliseconds for a person to unlock it. */
const ANSWER_MS = 30_000;

/** The keychain of this system; undefined where its optional package is not installed, or has no build for this system. */
export async function systemKeychain(): Promise<Keychain | undefined> {
  const keyring = await import('@napi-rs/keyring').catch(() => undefined);
  if (keyring === undefined) return undefined;
  const { AsyncEntry } = keyring;
  // Without the pin, a Linux without Secret Service gets the kernel's keyring, which forgets everything at a restart.
  const entry = (name: string) => new AsyncEntry(SERVICE, name, { linux: { store: 'secret-service' } });
  return {
    get: async (name) => (await inTime(entry(name).getPassword())) ?? undefined,
    set: (name, secret) => inTime(entry(name).setPassword(secret)),
  };
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
  const end = new AbortController();
  const late = sleep(ANSWER_MS, undefined, { signal: end.signal, ref: false }).then(() => {
    throw new Error('The keychain does not answer');
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    end.abort();
    late.catch(() => undefined);
  }
}
