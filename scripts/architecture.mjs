/**
 * `npm run -s architecture`: the shape of the code in figures. `--json` prints everything, `--way` lists the files that a
 * call runs through, `--check` prints only what is over its bound, and fails where something is.
 */
import process from 'node:process';
import { readSources } from './architecture/sources.mjs';

/** Lines of a function, its inner functions included, and of a file. */
const MAX_FUNCTION = 80;
const MAX_FILE = 300;
/** Variables that change and that several inner functions of one share. */
const MAX_SHARED = 3;

/** The layers between the lease of a connection and the socket or pipe, each with its reason in docs/architecture.md. */
const UNDER_A_LEASE = {
  http: [
    'rpc/connection',
    'rpc/json-rpc-peer',
    'channel/http-channel',
    'channel/http-exchange',
    'channel/plain-connection',
  ],
  stdio: ['rpc/connection', 'rpc/json-rpc-peer', 'channel/stdio-channel'],
};

/** Those that a call runs through. */
const layersOf = (names, way) => names.map((name) => `src/upstream/${name}.ts`).filter((file) => way.includes(file));

const say = (what, count, list = []) =>
  process.stdout.write(`${what.padEnd(44)}${String(count).padStart(6)}\n${list.map((one) => `  ${one}\n`).join('')}`);

const { files, functions, cycles, duplicates, repeatedTypes } = await readSources();
const long = functions.filter(({ lines }) => lines > MAX_FUNCTION).sort((a, b) => b.lines - a.lines);
const sharing = functions.filter(({ shared }) => shared > MAX_SHARED);
const bounded = {
  [`files over ${MAX_FILE} lines`]: files
    .filter(({ lines }) => lines > MAX_FILE)
    .map(({ file, lines }) => `${file} ${lines}`),
  [`functions over ${MAX_FUNCTION} lines`]: long.map(
    ({ file, name, line, lines }) => `${file}:${line} ${name} ${lines}`,
  ),
  [`functions that share over ${MAX_SHARED} variables`]: sharing.map(
    ({ file, name, line, shared }) => `${file}:${line} ${name} ${shared}`,
  ),
  'duplicated base names': duplicates,
  'exported types of one name': repeatedTypes,
  'import cycles': cycles,
};

if (process.argv.includes('--check')) {
  for (const [what, over] of Object.entries(bounded)) {
    if (over.length === 0) continue;
    say(what, over.length, over);
    process.exitCode = 1;
  }
} else {
  // Makes a build of its own.
  const { callPath } = await import('./architecture/call-path.mjs');
  const way = await callPath();
  const sizes = files.map(({ lines }) => lines).sort((a, b) => a - b);
  const lines = sizes.reduce((sum, size) => sum + size, 0);
  const medianLines = sizes[Math.floor(sizes.length / 2)];
  if (process.argv.includes('--json')) {
    const figures = {
      files: files.length,
      lines,
      medianLines,
      bounded,
      callOverHttp: way.http,
      callOverStdio: way.stdio,
      layersOverHttp: layersOf(UNDER_A_LEASE.http, way.http),
      layersOverStdio: layersOf(UNDER_A_LEASE.stdio, way.stdio),
    };
    process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
  } else {
    say('source files (tests aside)', files.length);
    say('lines', lines);
    say('median lines of a file', medianLines);
    for (const [what, over] of Object.entries(bounded)) say(what, over.length, over);
    const listed = process.argv.includes('--way');
    say('files a warm call runs through, HTTP to HTTP', way.http.length, listed ? way.http : []);
    say('files a warm call runs through, stdio to stdio', way.stdio.length, listed ? way.stdio : []);
    for (const [name, files] of [
      ['HTTP', layersOf(UNDER_A_LEASE.http, way.http)],
      ['stdio', layersOf(UNDER_A_LEASE.stdio, way.stdio)],
    ])
      say(`layers under a lease, ${name}`, files.length, listed ? files : []);
    say(
      'of the files of a call in src/upstream, HTTP',
      way.http.filter((file) => file.startsWith('src/upstream/')).length,
    );
  }
}
