/** Text of a document -> values, of JSON and YAML. */
import { parse, YAMLParseError } from 'yaml';
import { ApiFault } from './api-fault.ts';

/** Uses of anchors that are followed: what they stand for is read once, however often. */
const MAX_ALIASES = 10_000;

/** @throws ApiFault */
export function parseDocument(text: string): unknown {
  // A byte-order mark is no part of either.
  const plain = text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
  if (/^\s*[{[]/.test(plain)) {
    try {
      return JSON.parse(plain);
    } catch {
      // YAML has braces too.
    }
  }
  try {
    return parse(plain, { merge: true, maxAliasCount: MAX_ALIASES, logLevel: 'error' });
  } catch (error) {
    throw faultOf(error);
  }
}

function faultOf(error: unknown): ApiFault {
  if (!(error instanceof YAMLParseError)) {
    return new ApiFault(
      'nests deeper, or uses its anchors more often, than is read',
      'Write it out, or bundle it anew',
    );
  }
  const [line = ''] = error.message.split('\n');
  const [at] = error.linePos ?? [];
  const place = at && { line: at.line, column: at.col };
  return new ApiFault(`is neither JSON nor YAML: ${line.replace(/:$/, '')}`, 'Correct it', { place });
}
