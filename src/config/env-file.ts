/** The `envFile` of an entry: variables in the form of dotenv, as VS Code and Cursor read them. */
import { readFileSync, statSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { systemCode } from '../shared/system-code.ts';
import { MAX_FILE_BYTES } from './file-text.ts';

type EnvFile =
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
    // Editors of Windows begin files with a byte-order mark.
    return { ok: true, variables: variablesOf(readFileSync(path, 'utf8').replace(/^\ufeff/, '')) };
  } catch (error) {
    const code = systemCode(error) ?? 'unknown error';
    return { ok: false, message: code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})` };
  }
}

/** Node takes a line without `=` for the beginning of the next name. */
function variablesOf(text: string): Map<string, string> {
  const variables = new Map<string, string>();
  for (const [key, value] of Object.entries(parseEnv(text) as Record<string, string>)) {
    const name = key
      .slice(key.lastIndexOf('\n') + 1)
      .trim()
      .replace(/^export\s+/, '');
    if (/^[^\s=\0]+$/.test(name)) variables.set(name, value);
  }
  return variables;
}
