/** The findings of the scan about a definition. */

type Level = 'low' | 'medium' | 'high';

/** The kind of a finding; docs/scan.md explains each. */
export type FindingKind =
  | 'unseen-characters'
  | 'look-alike-letters'
  | 'order-to-the-model'
  | 'secrecy'
  | 'other-tools'
  | 'exfiltration'
  | 'secret-path'
  | 'command'
  | 'hidden-capability'
  | 'encoded-text'
  | 'collecting-parameter'
  | 'imitated-name'
  | 'contradicted-annotation'
  | 'length';

/** The kind of thing that a definition defines. */
export type DefinitionType = 'tool' | 'prompt' | 'resource' | 'template' | 'skill' | 'instructions';

export interface Finding {
  readonly kind: FindingKind;
  readonly level: Level;
  readonly server: string;
  readonly type: DefinitionType;
  /** Of the definition; empty for instructions. */
  readonly name: string;
  /** JSON Pointer (RFC 6901) into the definition. */
  readonly where: string;
  /** The text at that place, at most 160 characters, the unseen made visible. */
  readonly excerpt: string;
  /** For a person, one sentence. */
  readonly message: string;
}

const ORDER: readonly Level[] = ['low', 'medium', 'high'];

/** True if somebody should look before it is used: a finding above `low`. */
export function isSuspicious({ level }: Pick<Finding, 'level'>): boolean {
  return level !== 'low';
}

/** Below zero where `one` is the more serious one. */
export function byLevel(one: Pick<Finding, 'level'>, other: Pick<Finding, 'level'>): number {
  return ORDER.indexOf(other.level) - ORDER.indexOf(one.level);
}

/** Level of a weight: 1, 2, 3 or more. */
export function levelOfFindings(weight: number): Level {
  return weight >= 3 ? 'high' : weight === 2 ? 'medium' : 'low';
}
