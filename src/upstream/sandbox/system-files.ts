/** The parts of the system that every sandbox shows, read-only: programs, libraries, and the few settings that they need. */
import { lstatSync, readlinkSync } from 'node:fs';
import { isWithin } from '../../shared/is-within.ts';

/** Folders of programs and libraries; many systems have links to those in /usr for the others. */
const PROGRAMS = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/libx32', '/nix/store', '/gnu/store'];
/** What programs read to run, to show text and time, to find hosts and to check certificates; nothing of it is secret. */
const SETTINGS = [
  'ld.so.cache',
  'ld.so.conf',
  'ld.so.conf.d',
  'alternatives',
  'passwd',
  'group',
  'nsswitch.conf',
  'host.conf',
  'hosts',
  'gai.conf',
  'resolv.conf',
  'protocols',
  'services',
  'localtime',
  'timezone',
  'os-release',
  'mime.types',
  'fonts',
  'ssl/certs',
  'ssl/openssl.cnf',
  'ca-certificates',
  'pki/tls/certs',
  'pki/ca-trust/extracted',
  'crypto-policies',
].map((name) => `/etc/${name}`);

/** One thing of the system: shown as it is, or a link. */
export type SystemFile = { readonly path: string; readonly link?: string };

/** What there is of it here. */
export function systemFiles(): readonly SystemFile[] {
  return [...PROGRAMS, ...SETTINGS].flatMap((path): SystemFile[] => {
    const facts = lstatSync(path, { throwIfNoEntry: false });
    if (facts === undefined) return [];
    return [facts.isSymbolicLink() && PROGRAMS.includes(path) ? { path, link: readlinkSync(path) } : { path }];
  });
}

/** True for a path that is part of the programs of the system, or below it. */
export function isOfSystem(path: string): boolean {
  return PROGRAMS.some((folder) => isWithin(path, folder));
}
