/** One kind of order to a model, as it is written down in the tables. */
import type { FindingKind } from './finding.ts';

interface Conditions {
  /** The parts stand in any order, within so many words. */
  readonly within?: number;
  /** Does not count where this concept stands before it in the sentence. */
  readonly unless?: string;
  /** Only in tools whose name does not say that they change something. */
  readonly ofReaders?: true;
  /** Not in tools whose names are about files, keys or settings. */
  readonly unlessNamed?: true;
  readonly acrossSentences?: true;
}

export interface OrderRule extends Conditions {
  readonly kind: FindingKind;
  /** 1 is worth knowing, 2 worth a look, 3 hardly ever harmless. */
  readonly weight: 1 | 2 | 3;
  /** Concepts with `|` between alternatives, words in lower case; `~4` before one is how many words may lie between, 3 by default. */
  readonly sequence: string;
  /** For a person. */
  readonly says: string;
}

export function rule(
  kind: FindingKind,
  weight: OrderRule['weight'],
  sequence: string,
  says: string,
  conditions: Conditions = {},
): OrderRule {
  return { kind, weight, sequence, says, ...conditions };
}
