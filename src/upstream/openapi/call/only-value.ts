import type { Writing } from '../call-plan.ts';
import { ArgumentFault } from './argument-fault.ts';
import { type Argument, looseText } from './loose-value.ts';

/** Looks at the one value that a parameter may have: another one may be another operation. @throws ArgumentFault */
export function checkOnly({ only }: Pick<Writing, 'only'>, name: string, { value }: Argument): void {
  if (only !== undefined && looseText(value) !== only)
    throw new ArgumentFault(`"${name}" must be ${JSON.stringify(only)}`);
}
