/** Finds both files (docs/configuration.md). */
import { dirname, join } from 'node:path';
import { escapeText } from '../observe/escape-text.ts';
import { NO_HOME } from '../shared/cannot-write.ts';
import { GatewayError } from '../shared/errors.ts';
import { NOWHERE } from '../shared/standard-folders.ts';
import { canonical, exists, type FileContent, readConfigFile } from './config-files.ts';
import type { NamedPath, Settings } from './settings.ts';
import { readTrusted, type TrustedFile, trustOf } from './trusted-files.ts';

export const SERVERS_FILE = '.mcp.json';
export const RULES_FILE = '.mcp-gateway-rules.json';

export interface LocatedFile {
  readonly path: string;
  /** It lies in the working directory: only a content that is trusted may be used, now and at every reload (D13). */
  readonly needsTrust: boolean;
  /** The working directory, with links resolved, where it needs trust. */
  readonly folder?: string;
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
 * @throws GatewayError CONFIG_NOT_FOUND when a named file is missing or none of the usual places has one; CONFIG_INVALID where a
 *   trusted file of the working directory changed or is gone: what applies without it may allow more.
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
  const notes = [...new Set([...servers.notes, ...rules.notes])];
  if (servers.file === undefined || rules.file === undefined) {
    const missing = [servers.missing, rules.missing].filter((text) => text !== undefined);
    throw new GatewayError('CONFIG_NOT_FOUND', [...missing, ...notes].join('\n'));
  }
  return { servers: servers.file, rules: rules.file, notes };
}

/**
 * Finds the rules file alone, for what needs no servers.
 * @throws as `locateConfig`
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
    const isThere = await exists(path);
    const isOurs = path === own || settings.trustCwd;
    if (isThere && isOurs) return { file: { path, needsTrust: false }, notes, missing: undefined };
    const isKnown = !isOurs && trusted.some((file) => file.path === path);
    if (!isThere && !isKnown) continue;
    const content = isThere ? await readConfigFile(path) : undefined;
    if (content?.ok === true && trustOf(trusted, path, content.sha256) === 'trusted') {
      return { file: { path, needsTrust: true, folder: dirname(here) }, notes, missing: undefined };
    }
    if (isKnown) throw noLonger(path, content);
    notes.push(
      `${escapeText(path)} is in the working directory and not used: it is not trusted. Look at it, then run "agent-mcp-gateway trust" there.`,
    );
  }
  const known = [here, own, below].filter((path) => !path.startsWith(NOWHERE));
  if (own.startsWith(NOWHERE)) notes.push(NO_HOME);
  const places = [...new Set(known)].map(escapeText).join(', ') || 'no folder, because none is known';
  const missing = `No ${wanted.what} found; looked for ${places}. Run "agent-mcp-gateway init" to make one, or name one with ${wanted.flag}.`;
  return { file: undefined, notes, missing };
}

/** A file that was trusted, and is not what was. */
function noLonger(path: string, content: FileContent | undefined): GatewayError {
  const what =
    content === undefined
      ? 'was trusted and is gone: put it back'
      : content.ok
        ? 'changed since it was trusted: look at it, then run "agent-mcp-gateway trust" there'
        : 'was trusted and cannot be read: give this user the right to read it';
  const file = escapeText(path);
  return new GatewayError(
    'CONFIG_INVALID',
    `${file} ${what}, or do without it: agent-mcp-gateway trust --revoke ${shellWord(file)}. Until then nothing starts here, because other files may allow more.`,
  );
}

function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
