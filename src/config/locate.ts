/** Where both files are (docs/configuration.md). */
import { join } from 'node:path';
import { escapeText } from '../observe/escape.ts';
import { GatewayError } from '../shared/errors.ts';
import { canonical, exists, readConfigFile } from './files.ts';
import type { NamedPath, Settings } from './settings.ts';
import { readTrusted, type TrustedFile, trustOf } from './trust.ts';

export const SERVERS_FILE = '.mcp.json';
export const RULES_FILE = '.mcp-gateway-rules.json';

export interface LocatedFile {
  readonly path: string;
  /** It lies in the working directory: only a content that is trusted may be used, now and at every reload (D13). */
  readonly needsTrust: boolean;
}

export interface ConfigLocation {
  readonly servers: LocatedFile;
  readonly rules: LocatedFile;
  /** One line for each file that was found and not used. */
  readonly notes: readonly string[];
}

type LocateSettings = Pick<Settings, 'mcpConfig' | 'rules' | 'cwd' | 'configDir' | 'trustCwd'>;

/**
 * Finds both files.
 * @throws GatewayError CONFIG_NOT_FOUND when a named file is missing or none of the usual places has one.
 */
export async function locateConfig(settings: LocateSettings): Promise<ConfigLocation> {
  const trusted = settings.trustCwd ? [] : await readTrusted(settings.configDir);
  const [servers, rules] = await Promise.all([
    find(
      { what: 'servers file', name: SERVERS_FILE, flag: '--mcp-config', named: settings.mcpConfig },
      settings,
      trusted,
    ),
    find({ what: 'rules file', name: RULES_FILE, flag: '--rules', named: settings.rules }, settings, trusted),
  ]);
  const notes = [...servers.notes, ...rules.notes];
  if (servers.file === undefined || rules.file === undefined) {
    const missing = [servers.missing, rules.missing].filter((text) => text !== undefined);
    throw new GatewayError('CONFIG_NOT_FOUND', [...missing, ...notes].join('\n'));
  }
  return { servers: servers.file, rules: rules.file, notes };
}

/**
 * Finds the rules file alone, for what needs no servers.
 * @throws GatewayError CONFIG_NOT_FOUND
 */
export async function locateRules(settings: LocateSettings): Promise<LocatedFile> {
  const trusted = settings.trustCwd ? [] : await readTrusted(settings.configDir);
  const wanted = { what: 'rules file', name: RULES_FILE, flag: '--rules', named: settings.rules };
  const { file, notes, missing } = await find(wanted, settings, trusted);
  if (file !== undefined) return file;
  throw new GatewayError('CONFIG_NOT_FOUND', [...(missing === undefined ? [] : [missing]), ...notes].join('\n'));
}

/** The places in the working directory where a file of this name is looked for, with links of the folders resolved. */
export async function workingDirectoryFiles(cwd: string, name: string): Promise<readonly [string, string]> {
  return [await canonical(join(cwd, name)), await canonical(join(cwd, 'config', name))];
}

interface Wanted {
  readonly what: string;
  readonly name: string;
  readonly flag: string;
  readonly named: NamedPath | undefined;
}

interface Found {
  readonly file: LocatedFile | undefined;
  readonly notes: readonly string[];
  readonly missing: string | undefined;
}

async function find(wanted: Wanted, settings: LocateSettings, trusted: readonly TrustedFile[]): Promise<Found> {
  const { named } = wanted;
  if (named !== undefined) {
    // Named by the owner of this process: no trust needed.
    if (await exists(named.path))
      return { file: { path: named.path, needsTrust: false }, notes: [], missing: undefined };
    const missing = `${named.source} names ${escapeText(named.path)}, and there is no such file. Correct the path, or leave ${named.source} out to use the usual places.`;
    return { file: undefined, notes: [], missing };
  }
  const own = await canonical(join(settings.configDir, wanted.name));
  const [here, below] = await workingDirectoryFiles(settings.cwd, wanted.name);
  const notes: string[] = [];
  for (const path of [here, own, below]) {
    if (!(await exists(path))) continue;
    if (path === own) return { file: { path, needsTrust: false }, notes, missing: undefined };
    if (settings.trustCwd) return { file: { path, needsTrust: false }, notes, missing: undefined };
    const content = await readConfigFile(path);
    const trust = content.ok ? trustOf(trusted, path, content.sha256) : 'unknown';
    if (trust === 'trusted') return { file: { path, needsTrust: true }, notes, missing: undefined };
    const why = trust === 'changed' ? 'it changed since it was trusted' : 'it is not trusted';
    notes.push(
      `${escapeText(path)} is in the working directory and not used: ${why}. Look at it, then run "agent-mcp-gateway trust" there.`,
    );
  }
  const places = [...new Set([here, own, below])].map(escapeText).join(', ');
  const missing = `No ${wanted.what} found; looked for ${places}. Run "agent-mcp-gateway init" to make one, or name one with ${wanted.flag}.`;
  return { file: undefined, notes, missing };
}
