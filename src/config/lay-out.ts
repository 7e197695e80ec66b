/** JSON as people write it: what fits stands on one line. */

/** Characters of a line at most, where that is possible. */
const WIDTH = 100;

interface Layout {
  /** The beginning of the line that the value stands in. */
  readonly indent: string;
  readonly unit: string;
  readonly eol: string;
}

export function layOut(value: unknown, { indent, unit, eol }: Layout): string {
  const flat = jsonOneLine(value);
  if (indent.length + flat.length <= WIDTH || typeof value !== 'object' || value === null) return flat;
  const inner = indent + unit;
  const at = { indent: inner, unit, eol };
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const parts = Array.isArray(value)
    ? value.map((item) => layOut(item, at))
    : Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${layOut(member, at)}`);
  return `${open}${eol}${parts.map((part) => inner + part).join(`,${eol}`)}${eol}${indent}${close}`;
}

export function jsonOneLine(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(jsonOneLine).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${jsonOneLine(member)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

/** The layout of a text: its line ends, its indentation, and that of the line at an offset. */
export function layoutAt(text: string, offset: number): Layout {
  const line = text.lastIndexOf('\n', offset - 1) + 1;
  return {
    indent: /^[ \t]*/.exec(text.slice(line))?.[0] ?? '',
    unit: /^[ \t]+(?=["}\]])/m.exec(text)?.[0] ?? '  ',
    eol: text.includes('\r\n') ? '\r\n' : '\n',
  };
}
