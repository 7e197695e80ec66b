/** Times and durations as commands print them. */

/** `2026-01-31 12:00:00Z` for a time of the log. */
export function shownTime(iso: string): string {
  return iso.replace('T', ' ').replace(/\.\d+Z$/, 'Z');
}

/** Nothing for null and undefined. */
export function shownMs(ms: number | null | undefined): string {
  if (ms === null || ms === undefined) return '';
  if (ms < 0.01) return '0 ms';
  return ms < 10 ? `${ms.toPrecision(2)} ms` : `${Math.round(ms)} ms`;
}
