import { escapeJson } from './escape-text.ts';

/** Characters that a line of the log may have, and the strings in one that has more. */
const MAX_LINE = 16 * 1024;
const MAX_STRING = 1024;
const MAX_ITEMS = 32;

/**
 * A line of the log that is not too long: where it is, long strings and lists in it are cut, and what is nested deeply is left out.
 * @param json one JSON object, escaped
 */
export function boundedLine(json: string): string {
  if (json.length <= MAX_LINE) return json;
  let record: unknown;
  try {
    record = JSON.parse(json);
  } catch {
    return JSON.stringify({ cut: json.slice(0, MAX_STRING), characters: json.length });
  }
  const cut = escapeJson(JSON.stringify(shortened(record, 0)));
  if (cut.length <= MAX_LINE) return cut;
  const { level, time, msg } = record as { readonly level?: unknown; readonly time?: unknown; readonly msg?: unknown };
  return escapeJson(JSON.stringify({ level, time, msg: shortened(msg, 0), cut: true, characters: json.length }));
}

function shortened(value: unknown, depth: number): unknown {
  if (typeof value === 'string') {
    return value.length <= MAX_STRING ? value : `${value.slice(0, MAX_STRING)}[cut, ${value.length} characters]`;
  }
  if (typeof value !== 'object' || value === null) return value;
  if (depth > 4) return '[cut]';
  if (Array.isArray(value)) return value.slice(0, MAX_ITEMS).map((item) => shortened(item, depth + 1));
  const entries = Object.entries(value);
  // The message comes last.
  const kept = entries.filter(([key], at) => at < MAX_ITEMS || (depth === 0 && key === 'msg'));
  return Object.fromEntries(
    kept.map(([key, inner]) => [key.slice(0, MAX_STRING), shortened(inner, depth + 1)] as const),
  );
}
