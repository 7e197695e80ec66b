/** Puts together how one server is started in a container. Loaded with the first such server. */
import process from 'node:process';
import type { ImageDefinition, SandboxDefinition, StdioDefinition } from '../../config/snapshot.ts';
import { unavailable } from '../failures.ts';
import { dockerEnvironment, removeContainers } from '../process/container.ts';
import { MARKER } from '../process/process-table.ts';
import { dockerArguments } from './docker-arguments.ts';
import { listedMounts } from './mounts.ts';
import { entryFault, listedPaths, type SandboxedStart } from './open-sandbox.ts';
import { type OwnPlaces, realFolders } from './own-places.ts';

interface ContainerOptions {
  readonly server: string;
  readonly definition: StdioDefinition;
  readonly sandbox: SandboxDefinition;
  readonly image: ImageDefinition;
  readonly places: OwnPlaces;
  readonly marker: string;
}

/** @throws GatewayError SERVER_UNAVAILABLE where it must not start, for what its entry says. */
export function openContainer(options: ContainerOptions): SandboxedStart {
  const { server, definition, sandbox, image, places, marker } = options;
  const fault = entryFault(definition, sandbox, places);
  if (fault !== undefined) {
    throw unavailable(server, `was not started: ${fault.reason}`, { data: { config: true } });
  }
  const listed = listedPaths(sandbox);
  const name = `amgp-${marker}`;
  const { args, env } = dockerArguments({
    name,
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

function ownAccount(): string | undefined {
  const { getuid, getgid } = process;
  return getuid === undefined || getgid === undefined ? undefined : `${getuid()}:${getgid()}`;
}
