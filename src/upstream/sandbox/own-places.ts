/** The files and folders of the gateway, which no server may see or change. */
import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { quote } from '../../config/quote-name.ts';
import { lockPath, runtimeDir, type Settings } from '../../config/settings.ts';
import type { ConfigPaths } from '../../config/snapshot.ts';
import { builtProgram } from '../../shared/built-files.ts';
import { isWithin } from '../../shared/is-within.ts';
import { makeFolder } from '../../shared/make-folder.ts';
import { LONGEST_PID, socketFolder } from '../../shared/socket-folder.ts';
import type { SandboxFault } from './availability.ts';
import type { ListedPath } from './mounts.ts';

/** Where a gateway keeps what is its own. */
export interface OwnPlaces {
  /** Configuration, credentials, caches, sockets: covered where a listed folder holds them. */
  readonly folders: readonly string[];
  /**
   * Its files elsewhere. What is replaced by a new file, as these are, cannot stay covered, so that no listed folder may hold them.
   */
  readonly files: readonly string[];
  /** Its program: may be read, and must not be changed. */
  readonly program: string | undefined;
  /** The folder of its sockets. */
  readonly sockets: string;
}

/** The places of a gateway with these settings. @param paths of its two files */
export function ownPlacesOf(settings: Settings, paths: ConfigPaths): OwnPlaces {
  const program = builtProgram('main.js');
  return {
    folders: [settings.configDir, settings.cacheDir, runtimeDir(settings)],
    files: [paths.servers, paths.rules, lockPath(settings, paths.rules), settings.auditLog],
    program: program && dirname(program),
    sockets: socketFolder(join(settings.cacheDir, 'run'), `${LONGEST_PID}-p999999.sock`),
  };
}

/** The folders without links. Those that are not there are made, so that no server makes them first. */
export function realFolders({ folders, sockets }: OwnPlaces): readonly string[] {
  return [...new Set([...folders, sockets])].flatMap((folder) => {
    try {
      makeFolder(folder);
      return [realpathSync(folder)];
    } catch {
      // What this account cannot make, its servers cannot either.
      return [];
    }
  });
}

/** Why a listed path cannot be shown, for what it holds or is of the gateway. @param folders as `realFolders` gives them */
export function ownPlaceFault(
  listed: readonly ListedPath[],
  { files, program }: OwnPlaces,
  folders: readonly string[],
): SandboxFault | undefined {
  for (const { path, real, access } of listed) {
    const folder = folders.find((own) => isWithin(real, own));
    if (folder !== undefined) return faultOf(path, 'is a folder of the gateway', 'Remove it from the list');
    const file = files.map(realOr).find((own) => isWithin(own, real) && !folders.some((one) => isWithin(own, one)));
    if (file !== undefined) {
      return faultOf(
        path,
        `holds the gateway's own file ${quote(file)}`,
        'List the folders in it one by one, or keep that file elsewhere (--mcp-config, --rules, --lock, --audit-log)',
      );
    }
    if (access === 'write' && program !== undefined && isWithin(realOr(program), real)) {
      return faultOf(path, 'holds the program of the gateway', 'List the folders in it one by one');
    }
  }
  return undefined;
}

function faultOf(path: string, what: string, fix: string): SandboxFault {
  return { reason: `its sandbox lists ${quote(path)}, which ${what}.`, fix: `${fix}.` };
}

function realOr(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
