/** What became of the reloads of one file: `reload_status` of `get_gateway_status`. */
export interface ReloadStatus {
  /** ISO 8601, UTC; null before the first reload. The start does not count. */
  readonly last_attempt: string | null;
  readonly last_success: string | null;
  /** Why the last attempt was refused; null after a success. */
  readonly last_error: string | null;
  readonly attempt_count: number;
  readonly success_count: number;
  /** Warnings of the configuration in use. */
  readonly last_warnings: readonly string[];
}

/** Before the first reload. */
export function initialStatus(warnings: readonly string[]): ReloadStatus {
  return {
    last_attempt: null,
    last_success: null,
    last_error: null,
    attempt_count: 0,
    success_count: 0,
    last_warnings: warnings,
  };
}

/** After a reload that was applied, or found nothing to do. */
export function succeeded(status: ReloadStatus, at: string, warnings: readonly string[]): ReloadStatus {
  return {
    last_attempt: at,
    last_success: at,
    last_error: null,
    attempt_count: status.attempt_count + 1,
    success_count: status.success_count + 1,
    last_warnings: warnings,
  };
}

/** After a reload that was refused. */
export function refused(status: ReloadStatus, at: string, error: string): ReloadStatus {
  return { ...status, last_attempt: at, last_error: error, attempt_count: status.attempt_count + 1 };
}
