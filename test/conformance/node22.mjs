/**
 * The suite and the Inspector need Node 22, the project supports 20: a newer one that runs already is used, else the one that
 * the registry has as a package of the platform. The package `node` itself would run an install script to get it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const LEAST = [22, 19];
const tools = fileURLToPath(new URL('tools/', import.meta.url));
export const INSPECTOR = `${tools}node_modules/@modelcontextprotocol/inspector/clients/launcher/build/index.js`;

const os = process.platform === 'win32' ? 'win' : process.platform;
/** There is no package for Apple's processors; theirs run the other one. */
const arch = os === 'darwin' ? 'x64' : process.arch;
const packaged = `${tools}node_modules/node-${os}-${arch}/bin/node${os === 'win' ? '.exe' : ''}`;

/** Installs what tools/package.json names, without running any install script. @throws Error where npm fails */
function install() {
  process.stderr.write('npm ci in test/conformance/tools ...\n');
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  const shell = process.platform === 'win32';
  const { status } = spawnSync('npm', args, { cwd: tools, stdio: ['ignore', 2, 2], shell });
  if (status !== 0) throw new Error('The conformance tools could not be installed: see above.');
}

function isNewEnough() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  return major > LEAST[0] || (major === LEAST[0] && minor >= LEAST[1]);
}

/** Path of a Node that runs the suite. @throws Error where there is none for this platform */
export function node22() {
  if (isNewEnough()) return process.execPath;
  if (!existsSync(packaged)) install();
  if (!existsSync(packaged)) throw new Error(`There is no packaged Node for ${os}-${arch}: run with Node 22.`);
  return packaged;
}

/** Path of the Inspector's launcher. @throws Error where it could not be installed */
export function inspector() {
  if (!existsSync(INSPECTOR)) install();
  return INSPECTOR;
}
