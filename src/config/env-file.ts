/** The `envFile` of an entry: variables in the form of dotenv, as VS Code and Cursor read them. */
import { readFileSync, statSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { systemCode } from '../shared/system-code.ts';
import { MAX_FILE_BYTES } from './text.ts';

export type EnvFile =
  | { readonly ok: true; readonly variables: ReadonlyMap<string, string> }
  /** `message` is the end of a sentence. */
  | { readonly ok: false; readonly message: string };

/** Reads it as it is now. Never throws. */
export function readEnvFile(path: string): EnvFile {
  try {
    const facts = statSync(path);
    // A pipe would be waited for.
    if (!facts.isFile()) return { ok: false, message: 'is not a regular file' };
    if (facts.size > MAX_FILE_BYTES) return { ok: false, message: `has more than ${MAX_FILE_BYTES} bytes` };
    return {
      ok: true,
      variables: new Map(Object.entries(parseEnv(readFileSync(path, 'utf8')) as Record<string, string>)),
    };
  } catch (error) {
    const code = systemCode(error) ?? 'unknown error';
    return { ok: false, message: code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})` };
  }
}
