/**
 * Writes the files of `packaging/` that say what the program says: version, commands, flags, variables.
 * `--check` writes nothing and fails where one is not current. `--release DIR` builds what is published: the package, the bundle for
 * Claude Desktop, and the files that carry their hashes.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { packagingFiles } from './packaging/files.mjs';
import { root } from './packaging/names.mjs';
import { release } from './packaging/release.mjs';

const [mode, folder] = process.argv.slice(2);
const files = await packagingFiles();

if (mode === '--release') {
  await release(folder ?? 'release');
} else {
  const stale = [...files].filter(([name, text]) => {
    const file = path.join(root, name);
    return !existsSync(file) || readFileSync(file, 'utf8') !== text;
  });
  for (const [name, text] of stale) {
    if (mode === '--check') process.stderr.write(`${name} is not current. Run: npm run packaging\n`);
    else {
      mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      writeFileSync(path.join(root, name), text);
      process.stdout.write(`Wrote ${name}\n`);
    }
  }
  if (mode === '--check' && stale.length > 0) process.exitCode = 1;
}
