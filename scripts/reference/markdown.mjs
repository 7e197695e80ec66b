/** Pieces of Markdown. */

/** @param head titles of the columns; one that begins with `:` is right-aligned */
export function table(head, rows) {
  const line = (cells) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`.replace(/\| {2}(?=\|)/g, '| ');
  const rule = head.map((title) => (title.startsWith(':') ? '---:' : '---'));
  return [line(head.map((title) => title.replace(/^:/, ''))), `|${rule.join('|')}|`, ...rows.map(line)].join('\n');
}

export function code(text) {
  return text === '' ? '' : `\`${text}\``;
}

/** A page that is written as a whole. */
export function page(title, intro, parts) {
  const note = '<!-- Written by `npm run reference` from the code. Change the code, not this page. -->';
  return `${[`# ${title}`, note, intro, ...parts].join('\n\n')}\n`;
}
