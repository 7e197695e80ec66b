/** JSON text the way the formatter of this repository writes it, so that generated files pass its check. */

const WIDTH = 120;

/** Objects over several lines, lists of plain values on one line where that is short enough. Ends with a line feed. */
export function formatJson(value: unknown): string {
  return `${format(value, 0, 0)}\n`;
}

/** @param used columns that are taken on the line where the value begins. */
function format(value: unknown, indent: number, used: number): string {
  const inner = ' '.repeat(indent + 2);
  if (Array.isArray(value)) {
    const line = `[${value.map((item) => JSON.stringify(item)).join(', ')}]`;
    if (value.every((item) => typeof item !== 'object' || item === null) && used + line.length < WIDTH) return line;
    return `[\n${value.map((item) => inner + format(item, indent + 2, indent + 2)).join(',\n')}\n${' '.repeat(indent)}]`;
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(([key, member]) => {
    const start = `${inner}${JSON.stringify(key)}: `;
    return start + format(member, indent + 2, start.length);
  });
  return members.length === 0 ? '{}' : `{\n${members.join(',\n')}\n${' '.repeat(indent)}}`;
}
