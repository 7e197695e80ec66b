/**
 * The `instructions` of servers as of their last listing. Kept on disk too, so that whoever connects can be
 * told before any server runs. Of the definition that said it: an entry that is changed is another server.
 */
import { sha256 } from '../config/config-files.ts';
import type { ServerDefinition } from '../config/snapshot.ts';
import { cutText } from '../shared/truncate.ts';
import { credentialOwner } from '../upstream/pool/sharing.ts';
import { openSharedFile } from './shared-file.ts';

/** Characters that are kept of what one server says: more than anybody is told unasked. */
const MAX_LENGTH = 2_000;
/** Servers that are remembered, on disk and, per principal with credentials of its own, in memory; the oldest go first. */
const MAX_SERVERS = 500;

export interface KnownInstructions {
  /**
   * The `instructions` for callers with this principal's credentials, at most 2,000 characters of it; undefined where that is not
   * known, or nothing. Starts no server and waits for none.
   */
  of(server: ServerDefinition, owner: string): Promise<string | undefined>;
  /** A server was listed. Nobody waits for what is made of it. */
  listed(server: ServerDefinition, owner: string, instructions: string | undefined): void;
  /** Resolves when everything so far is written. */
  settled(): Promise<void>;
}

interface InstructionsOptions {
  readonly path: string;
  /** Takes known secrets out: this is told and written besides what the server says to its caller. */
  readonly redact: (text: string) => string;
  /** It could not be written down: the next process will not know it at its start. */
  readonly failed: (error: unknown) => void;
}

/** By hashes of the definitions. */
type Said = ReadonlyMap<string, string>;

export function createInstructions({ path, redact, failed }: InstructionsOptions): KnownInstructions {
  /** Of this process; `''` where a server said nothing. */
  const heard = new Map<string, string>();
  const file = openSharedFile<Said>(path, { parse: readSaid, print: saidText });
  let last: Promise<void> = Promise.resolve();

  const write = async (key: string, text: string): Promise<void> => {
    if (((await file.read()).get(key) ?? '') === text) return;
    await file.update((before) => {
      const said = new Map(before);
      said.delete(key);
      if (text !== '') said.set(key, text);
      return new Map([...said].slice(-MAX_SERVERS));
    });
  };

  return {
    async of(server, owner) {
      const text = heard.get(keyOf(server, owner)) ?? (await file.read()).get(keyOf(server, ''));
      return text === '' ? undefined : text;
    },
    listed(server, owner, instructions = '') {
      const key = keyOf(server, owner);
      const text = cutText(redact(instructions.trim()), MAX_LENGTH);
      if (heard.get(key) === text) return;
      heard.delete(key);
      heard.set(key, text);
      for (const oldest of [...heard.keys()].slice(0, -MAX_SERVERS)) heard.delete(oldest);
      // Instructions for one account are not for the next principal.
      if (key !== keyOf(server, '')) return;
      last = last.then(() => write(key, text)).catch(failed);
    },
    settled: () => last,
  };
}

function keyOf({ key, link }: ServerDefinition, owner: string): string {
  return sha256(JSON.stringify([key, credentialOwner(link, owner)]));
}

/** A file that is missing or damaged has nothing. */
function readSaid(text: string): Said {
  try {
    const { version, said } = JSON.parse(text) as { version?: unknown; said?: unknown };
    return version === 1 && Array.isArray(said) && said.every(isSaid) ? new Map(said) : new Map();
  } catch {
    return new Map();
  }
}

function saidText(said: Said): string {
  return `${JSON.stringify({ version: 1, said: [...said] })}\n`;
}

function isSaid(value: unknown): value is [string, string] {
  return (
    Array.isArray(value) &&
    value.length === 2 &&
    value.every((part) => typeof part === 'string' && part.length <= MAX_LENGTH)
  );
}
