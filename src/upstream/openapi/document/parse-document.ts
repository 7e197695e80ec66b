/** Text of a document -> values, of JSON and YAML. */
import { CORE_SCHEMA, load, mergeTag, YAMLException } from 'js-yaml';
import { ApiFault } from './api-fault.ts';

const SCHEMA = CORE_SCHEMA.withTags(mergeTag);
/** Containers inside containers. */
const MAX_DEPTH = 200;

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
    return load(plain, { schema: SCHEMA, maxDepth: MAX_DEPTH });
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const { mark, reason } = error;
    const place = mark === undefined ? undefined : { line: mark.line + 1, column: mark.column + 1 };
    const where = place === undefined ? '' : ` (line ${place.line}, column ${place.column})`;
    throw new ApiFault(`is neither JSON nor YAML: ${reason}${where}`, 'Correct it', { place });
  }
}
