/**
 * Loaded before the program in tests, where Node cannot keep compiled code itself (before 22.1): the first process that loads a file keeps
 * what V8 made of it, the others need not compile it. A third of a start is compiling, and the suite starts the program a thousand times.
 */
const { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } = require('node:fs');
const nodeModule = require('node:module');
const { basename, dirname, join } = require('node:path');
const process = require('node:process');
const { constants, Script } = require('node:vm');

const folder = join(__dirname, '../../node_modules/.cache/kept-code');

/** The code that this process compiled itself, by the file in which it is to be kept. */
const fresh = new Map();

if (nodeModule.enableCompileCache === undefined) {
  nodeModule.prototype._compile = compile;
  process.once('exit', () => fresh.forEach(keep));
}

/** As Node does it, with what was kept. */
function compile(source, filename) {
  const file = keptFile(filename);
  const cachedData = read(file);
  const script = new Script(nodeModule.wrap(source.replace(/^#!/, '//')), {
    filename,
    cachedData,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  if (cachedData === undefined || script.cachedDataRejected) fresh.set(file, script);
  const requireFrom = (name) => this.require(name);
  requireFrom.main = process.mainModule;
  return script.runInThisContext().call(this.exports, this.exports, requireFrom, this, filename, dirname(filename));
}

/** V8 knows a source by its length only. */
function keptFile(filename) {
  const { mtimeMs, size } = statSync(filename);
  return join(folder, `${basename(filename)}-${mtimeMs}-${size}`);
}

function read(file) {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

/** With the functions that ran. Others may write the same file now. */
function keep(script, file) {
  try {
    mkdirSync(folder, { recursive: true });
    const written = `${file}.${process.pid}`;
    writeFileSync(written, script.createCachedData());
    renameSync(written, file);
  } catch {
    // The next one compiles it again.
  }
}
