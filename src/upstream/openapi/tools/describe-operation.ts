/** Title, description and annotations of the tool of an operation. */
import type { ApiOperation } from '../document/api-operations.ts';
import { cut } from './schema-keywords.ts';

const MAX_TITLE = 120;
const MAX_DESCRIPTION = 1500;

/** A line that says what it does; it ends with method and path, by which people know it. */
export function descriptionOf({ summary, description, method, path, isDeprecated }: ApiOperation): string {
  const parts = [summary, description === summary ? undefined : description].filter((part) => part !== undefined);
  const said = cut(
    parts
      .map((part) => part.trim())
      .filter((part) => part !== '')
      .join('\n'),
    MAX_DESCRIPTION,
  );
  const what = `${method.toUpperCase()} ${cut(path, MAX_TITLE)}`;
  return `${isDeprecated ? 'Deprecated. ' : ''}${said === '' ? what : `${said}\n${what}`}`;
}

export function titleOf({ summary }: ApiOperation): string | undefined {
  return summary === undefined || summary.trim() === '' ? undefined : cut(summary, MAX_TITLE);
}

/**
 * The hints that a method gives (RFC 9110, section 9.2): what only reads, and what may be done twice. POST may do anything: it is not said that it destroys nothing, and so counts
 * as if it did.
 */
export function annotationsOf(method: string): Readonly<Record<string, boolean>> {
  switch (method) {
    case 'get':
    case 'head':
    case 'options':
      return { readOnlyHint: true };
    case 'put':
    case 'delete':
      return { readOnlyHint: false, destructiveHint: true, idempotentHint: true };
    case 'patch':
      return { readOnlyHint: false, destructiveHint: true };
    default:
      return { readOnlyHint: false };
  }
}
