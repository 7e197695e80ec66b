/** Times and durations as commands print them. */

/** `2026-01-31 12:00:00Z` for a time of the log. */
export function shownTime(iso: string): string {
  return iso.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
}

/** Nothing for null. */
export function shownMs(ms: number | null): string {
  if (ms === null) return '';
  return ms < 10 ? `${ms.toPrecision(2)} ms` : `${Math.round(ms)} ms`;
}
