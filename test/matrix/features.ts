import { asks } from './asks.ts';
import { calls } from './calls.ts';
import { changes } from './changes.ts';
import { everything } from './everything.ts';
import type { Feature } from './feature.ts';
import { offers } from './offers.ts';
import { secrets } from './secrets.ts';
import { whole } from './whole.ts';

/** All of them, in the order of the table. */
export const FEATURES: readonly Feature[] = [
  ...offers,
  ...calls,
  ...changes,
  ...asks,
  ...secrets,
  ...whole,
  ...everything,
];
