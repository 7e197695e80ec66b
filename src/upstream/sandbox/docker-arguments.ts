/** The arguments of `docker run` for a server: what a container gets besides its image, which is as little as can be. */
import type { ImageDefinition } from '../../config/snapshot.ts';
import type { Mount } from './mounts.ts';

export interface ContainerPlan {
  readonly name: string;
  readonly image: ImageDefinition;
  readonly args: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  readonly mounts: readonly Mount[];
  readonly hasNetwork: boolean;
  /** The account `uid:gid` that the files shown to it belong to; undefined for the image's own. */
  readonly user: string | undefined;
}

/** Folders that are empty, can be written, and are kept in memory. */
const EMPTY = ['/tmp', '/var/tmp', '/run'];
const WALLS = [
  ['--read-only', '--init', '--cap-drop=ALL', '--security-opt=no-new-privileges'],
  ['--pids-limit=1024', '--memory=8g', '--ulimit=core=0', '--ipc=private', '--log-driver=none'],
  EMPTY.map((folder) => `--tmpfs=${folder}:rw,nosuid,nodev,size=1g`),
].flat();

/** Variables that the program `docker` reads itself: their values stand in its arguments. */
const READ_BY_DOCKER = /^(?:PATH|HOME|USERPROFILE|DOCKER_.*|XDG_.*|LD_.*|DYLD_.*|GO.*|SSL_.*|SSH_.*|\w*_PROXY)$/i;

/** @returns the arguments, and the variables for the environment of `docker`, where nobody else can read them */
export function dockerArguments(plan: ContainerPlan): { args: readonly string[]; env: ReadonlyMap<string, string> } {
  const { name, image, mounts, user } = plan;
  const variables = new Map([['HOME', '/tmp'], ...plan.env]);
  const byName = new Map([...variables].filter(([key]) => !READ_BY_DOCKER.test(key)));
  const args = [
    ...['run', '--rm', '--interactive', '--quiet', `--name=${name}`],
    ...WALLS,
    `--network=${plan.hasNetwork ? 'bridge' : 'none'}`,
    ...(user === undefined ? [] : [`--user=${user}`]),
    ...mounts.map((mount) => `--mount=${mountOption(mount)}`),
    ...[...variables].map(([key, value]) => (byName.has(key) ? `--env=${key}` : `--env=${key}=${value}`)),
    ...(image.cwd === undefined ? [] : [`--workdir=${image.cwd}`]),
    ...(image.program === undefined ? [] : [`--entrypoint=${image.program}`]),
    image.name,
    ...plan.args,
  ];
  return { args, env: byName };
}

/** Its fields are read as a line of CSV. */
function mountOption(mount: Mount): string {
  const fields =
    mount.kind === 'nothing'
      ? ['type=tmpfs', `target=${mount.at}`, 'tmpfs-mode=0555', 'readonly']
      : ['type=bind', `source=${mount.from}`, `target=${mount.at}`, ...(mount.kind === 'read' ? ['readonly'] : [])];
  return fields.map((field) => (/[,"\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field)).join(',');
}
