/**
 * `npm run -s architecture`: the shape of the code in figures. `--json` prints everything, `--way` lists the files that a
 * call runs through.
 */
import process from 'node:process';
import { callPath } from './architecture/call-path.mjs';
import { readSources } from './architecture/sources.mjs';

/** Lines of a function, its inner functions included. */
const LONGEST = 80;

const { files, functions, cycles, duplicates } = await readSources();
const way = await callPath();

const long = functions.filter(({ lines }) => lines > LONGEST).sort((a, b) => b.lines - a.lines);
const sizes = files.map(({ lines }) => lines).sort((a, b) => a - b);
const lease = way.http.filter((file) => file.startsWith('src/upstream/'));
const figures = {
  files: files.length,
  lines: sizes.reduce((sum, lines) => sum + lines, 0),
  medianLines: sizes[Math.floor(sizes.length / 2)],
  filesOver300: files.filter(({ lines }) => lines > 300).map(({ file, lines }) => `${file} ${lines}`),
  functionsOver80: long.map(({ file, name, line, lines }) => `${file}:${line} ${name} ${lines}`),
  duplicatedNames: duplicates,
  importCycles: cycles,
  callOverHttp: way.http,
  callOverStdio: way.stdio,
};

if (process.argv.includes('--json')) {
  process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
} else {
  const say = (what, count, list = []) =>
    process.stdout.write(`${what.padEnd(44)}${String(count).padStart(6)}\n${list.map((one) => `  ${one}\n`).join('')}`);
  say('source files (tests aside)', figures.files);
  say('lines', figures.lines);
  say('median lines of a file', figures.medianLines);
  say('files over 300 lines', figures.filesOver300.length, figures.filesOver300);
  say(`functions over ${LONGEST} lines`, long.length, figures.functionsOver80);
  say('duplicated base names', duplicates.length, [duplicates.join(' ')].filter(Boolean));
  say('import cycles', cycles.length, cycles);
  const listed = process.argv.includes('--way');
  say('files a warm call runs through, HTTP to HTTP', way.http.length, listed ? way.http : []);
  say('files a warm call runs through, stdio to stdio', way.stdio.length, listed ? way.stdio : []);
  say('of these in src/upstream, HTTP to HTTP', lease.length);
}
