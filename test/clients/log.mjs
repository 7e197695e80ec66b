import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** What a client showed its model or program, for people. */
export function writeLog(dir, name, { seen, runs }) {
  mkdirSync(dir, { recursive: true });
  writeFileSync(path.join(dir, `${name}.json`), JSON.stringify({ results: Object.fromEntries(seen), runs }, null, 1));
}
