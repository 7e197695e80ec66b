/** What packages are called and where they are published. Whoever publishes them changes this, and runs `npm run packaging`. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

export const NAME = manifest.name;
export const VERSION = manifest.version;
/** Of the version, for the manual page. */
export const DATE = '2026-11-30';
export const LICENSE = manifest.license;
export const NODE_RANGE = manifest.engines.node;
/** Name in the MCP registry; the package says it too, as proof that both have one owner. */
export const REGISTRY_NAME = manifest.mcpName;
export const KEYWORDS = manifest.keywords;
export const AUTHORS = `The ${NAME} authors`;
export const TITLE = 'Agent MCP Gateway';
/** Of at most 100 characters, as registries want it. */
export const SUMMARY = 'One MCP server in front of all your MCP servers, with rules per agent and an audit log';
/** Of at most 80 characters together with the name, without an article, as Homebrew wants it. */
export const SHORT = 'MCP server in front of all your MCP servers, with rules per agent';
export const TARBALL_URL = `https://registry.npmjs.org/${NAME}/-/${NAME}-${VERSION}.tgz`;
export const HOMEPAGE = `https://www.npmjs.com/package/${NAME}`;
