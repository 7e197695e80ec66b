/** Puts together how one server is started in a container. Loaded with the first such server. */
import { execFile } from 'node:child_process';
import process from 'node:process';
import { promisify } from 'node:util';
import { programFault } from '../../config/check-program.ts';
import type { ImageDefinition, SandboxDefinition, StdioDefinition } from '../../config/snapshot.ts';
import { unavailable } from '../failures.ts';
import { dockerEnvironment, removeContainers } from '../process/container.ts';
import { MARKER } from '../process/process-table.ts';
import type { SandboxFault } from './availability.ts';
import { dockerArguments } from './docker-arguments.ts';
import { listedMounts } from './mounts.ts';
import { listedPaths, type SandboxedStart } from './open-sandbox.ts';
import { type OwnPlaces, ownPlaceFault, realFolders } from './own-places.ts';

interface ContainerOptions {
  readonly server: string;
  readonly definition: StdioDefinition;
  readonly sandbox: SandboxDefinition;
  readonly image: ImageDefinition;
  readonly places: OwnPlaces;
  readonly marker: string;
}

const WAIT_MS = 10_000;

/** @throws GatewayError SERVER_UNAVAILABLE where it must not start, for what this machine lacks or its entry says. */
export async function openContainer(options: ContainerOptions): Promise<SandboxedStart> {
  const { server, definition, sandbox, image, places, marker } = options;
  const fault = await containerFault(definition, sandbox, places);
  if (fault !== undefined) {
    throw unavailable(server, `was not started: ${fault.reason}`, { data: { config: true } });
  }
  const listed = listedPaths(sandbox);
  const name = `amgp-${marker}`;
  const { args, env } = dockerArguments({
    name,
    gateway: marker.split('.')[0] ?? '',
    image,
    args: definition.args,
    env: new Map([...definition.env, [MARKER, marker]]),
    mounts: listedMounts(listed, realFolders(places)),
    hasNetwork: sandbox.network === true,
    user: listed.length === 0 ? undefined : ownAccount(),
  });
  return {
    launch: {
      command: definition.command,
      args,
      cwd: '/',
      env: { ...dockerEnvironment(), ...Object.fromEntries(env) },
      container: name,
    },
    close: () => removeContainers([name]),
  };
}

/** Why the container of an entry cannot be made on this machine; undefined for nothing. */
export async function containerFault(
  definition: StdioDefinition,
  sandbox: SandboxDefinition,
  places: OwnPlaces,
): Promise<SandboxFault | undefined> {
  const fault = programFault(definition);
  if (fault !== undefined) return { reason: `"${fault.field}" ${fault.message}.`, fix: `${fault.fix}.` };
  return ownPlaceFault(listedPaths(sandbox), places, realFolders(places)) ?? (await daemonFault(definition.command));
}

/** A daemon that answers is asked again only by the next start: it tells by itself what it cannot do. */
async function daemonFault(docker: string): Promise<SandboxFault | undefined> {
  const options = { timeout: WAIT_MS, env: dockerEnvironment() };
  try {
    await promisify(execFile)(docker, ['version', '--format', '{{.Server.Version}}'], options);
    return undefined;
  } catch (error) {
    const said = String((error as { stderr?: unknown }).stderr ?? '').trim();
    const why = said.split('\n').at(-1)?.slice(0, 200) || 'it says nothing';
    return {
      reason: `Docker does not answer (${why.replace(/\.$/, '')}).`,
      fix: 'Start Docker, and let this account use it (docker version), or point DOCKER_HOST to it.',
    };
  }
}

function ownAccount(): string | undefined {
  const { getuid, getgid } = process;
  return getuid === undefined || getgid === undefined ? undefined : `${getuid()}:${getgid()}`;
}
