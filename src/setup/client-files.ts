/** The files in which clients keep their servers. */
import { join } from 'node:path';
import { DIALECTS, type Dialect } from './dialects.ts';
import { type Container, type DataMap, dataAt, isMap } from './edit/data.ts';
import type { Format } from './edit/editor.ts';

/** The machine, account and folder for which clients are looked at. */
export interface Machine {
  readonly home: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
}

export interface ClientFile {
  readonly scope: 'user' | 'project';
  readonly path: string;
  readonly format: Format;
  readonly container: Container;
}

const MCP_SERVERS: Container = { path: ['mcpServers'] };

type MakeFile = (scope: ClientFile['scope'], path: string, container?: Container) => ClientFile;

const fileOf =
  (format: Format): MakeFile =>
  (scope, path, container = MCP_SERVERS) => ({ scope, path, format, container });

export const json = fileOf('json');
export const toml = fileOf('toml');
export const yaml = fileOf('yaml');

/** Folder of the settings of programs of the desktop. */
export function appData({ home, env: variables, platform }: Machine): string {
  if (platform === 'darwin') return join(home, 'Library', 'Application Support');
  if (platform === 'win32') return variables['APPDATA'] ?? join(home, 'AppData', 'Roaming');
  return configHome({ home, env: variables });
}

export function configHome({ home, env: variables }: Pick<Machine, 'home' | 'env'>): string {
  const named = variables['XDG_CONFIG_HOME'];
  return named?.startsWith('/') === true ? named : join(home, '.config');
}

/** A file that an extension of VS Code keeps. */
export const extension = (place: Machine, id: string, file: string): string =>
  join(appData(place), 'Code', 'User', 'globalStorage', id, 'settings', file);

/** The containers of a file, each with the project that it is for; undefined for all of them. */
export function containersOf(
  { container }: ClientFile,
  { id, dialect }: { readonly id: string; readonly dialect: Dialect },
  data: DataMap,
): readonly ProjectContainer[] {
  const containers: ProjectContainer[] = [{ container, project: undefined }];
  if (dialect === DIALECTS.opencode && isMap(dataAt(data, ['mcp', 'servers']))) {
    return [{ container: { path: ['mcp', 'servers'] }, project: undefined }];
  }
  const projects = id === 'claude-code' ? data.get('projects') : undefined;
  if (!isMap(projects)) return containers;
  for (const [project, settings] of projects) {
    const servers = isMap(settings) ? settings.get('mcpServers') : undefined;
    if (isMap(servers) && servers.size > 0) {
      containers.push({ container: { path: ['projects', project, 'mcpServers'] }, project });
    }
  }
  return containers;
}

interface ProjectContainer {
  readonly container: Container;
  readonly project: string | undefined;
}
