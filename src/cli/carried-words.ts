/** The labels that somebody carries, in words: `after private, untrusted within 8 h`. */
export function carriedWords(carried: { readonly labels: readonly string[]; readonly within_s: number }): string {
  const { labels, within_s: seconds } = carried;
  const [size, unit] = seconds % 3600 === 0 ? [3600, 'h'] : seconds % 60 === 0 ? [60, 'min'] : [1, 's'];
  return `after ${labels.join(', ')} within ${seconds / size} ${unit}`;
}
