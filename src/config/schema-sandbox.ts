/** The key `sandbox` of a server entry (docs/sandbox.md). Loads zod, as file-schemas.ts. */
import { posix } from 'node:path';
import { z } from 'zod';
import { strict, text } from './schema-parts.ts';

const OF_THE_KERNEL = /^\/(?:proc|sys|dev(?!\/shm\/.))(?:\/|$)/;

function pathProblem(value: string): string | undefined {
  if (!/^(?:\/|~(?:\/|$))/.test(value)) return 'is not a whole path';
  if (value.includes('\0')) return 'holds a NUL character';
  const path = posix.normalize(value);
  if (/^\/*$/.test(path)) return 'is everything there is';
  return OF_THE_KERNEL.test(path) ? 'is a folder of the kernel' : undefined;
}

const paths = z.array(
  text(pathProblem, 'Write the whole path of a file or folder, or ~/ and the path below your home').meta({
    minLength: 1,
  }),
);

const LONGEST_HOST = 253;
const LABEL = '[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?';
/** A name with at least one full stop, whose last part is no number: an address is no name. */
const HOST = new RegExp(`^(?:${LABEL}\\.)+(?!\\d+(?::|$)|0x)${LABEL}(?::(\\d{1,5}))?$`, 'i');
const MAX_PORT = 65_535;

function hostProblem(value: string): string | undefined {
  const found = HOST.exec(value);
  if (found === null || value.length > LONGEST_HOST) return 'is not the name of a host';
  const port = found[1] === undefined ? 443 : Number(found[1]);
  return port >= 1 && port <= MAX_PORT ? undefined : 'has no port of 1 to 65535';
}

const hosts = z.array(
  text(hostProblem, 'Write a name such as "api.example.com", with ":port" for another port than 443').meta({
    minLength: 1,
  }),
);

const LONGEST_IMAGE = 512;
/** A reference of OCI: repository, tag, digest. Never an option of the command line. */
const IMAGE = /^[a-z0-9][a-z0-9._/-]*(?::\d+\/[a-z0-9._/-]+)?(?::\w[\w.-]*)?(?:@sha256:[0-9a-f]{64})?$/i;

function imageProblem(value: string): string | undefined {
  return IMAGE.test(value) && value.length <= LONGEST_IMAGE ? undefined : 'is not the name of an image';
}

const walls = strict({
  engine: z
    .enum(['bubblewrap', 'docker'])
    .meta({ description: 'bubblewrap (the default) runs "command"; docker runs "image" in a container.' })
    .exactOptional(),
  read: paths.meta({ description: 'Files and folders that it may read in addition to the system.' }).exactOptional(),
  write: paths.meta({ description: 'Files and folders that it may read and change.' }).exactOptional(),
  network: z
    .union([z.boolean(), hosts])
    .meta({
      description:
        'false (the default): none. A list: only these hosts, by name, through a proxy of the gateway. true: everything that this machine reaches.',
    })
    .exactOptional(),
});

export const sandboxFields = {
  sandbox: z
    .union([walls, z.literal('docker')])
    .meta({
      description:
        'Runs the program in a sandbox (bubblewrap, Linux), or the image in a container (docker), where it reaches only what is listed.',
    })
    .exactOptional(),
  image: text(imageProblem, 'Write it as docker pull takes it, such as "ghcr.io/owner/server:1.2"')
    .meta({ description: 'The image of the server, for "sandbox": "docker".', minLength: 1 })
    .exactOptional(),
};
