import type { Assurance } from '../config/snapshot.ts';

const RANKS: Readonly<Record<Assurance, number>> = { claim: 0, hook: 1, launch: 2, token: 3, jwt: 4 };

/** True if an assurance is good enough (docs/identity.md gives the order). */
export function reaches(assurance: Assurance, least: Assurance | undefined): boolean {
  return least === undefined || RANKS[assurance] >= RANKS[least];
}
