/** The status of reloads of one file: `reload_status` of `get_gateway_status`. */
export interface ReloadStatus {
  /** ISO 8601, UTC; null before the first reload. The start does not count. */
  readonly last_attempt: string | null;
  readonly last_success: string | null;
  /** The reason why the last attempt was refused; null after a success. */
  readonly last_error: string | null;
  readonly attempt_count: number;
  readonly success_count: number;
  /** Warnings of the configuration in use. */
  readonly last_warnings: readonly string[];
}

export const CONFIG_FILES = ['servers', 'rules'] as const;
export type ConfigFile = (typeof CONFIG_FILES)[number];

/** The status of reloads of both files. */
export class ReloadStatuses {
  readonly #of: Record<ConfigFile, ReloadStatus>;

  /** @param warnings of the configuration that the start found. */
  constructor(warnings: (file: ConfigFile) => readonly string[]) {
    this.#of = { servers: initialStatus(warnings('servers')), rules: initialStatus(warnings('rules')) };
  }

  of(file: ConfigFile): ReloadStatus {
    return this.#of[file];
  }

  /** Both files are what is in use, so an earlier error of either is gone. @param tried those that were to be reloaded */
  unchanged(tried: readonly ConfigFile[], at: string): void {
    for (const file of CONFIG_FILES) {
      const status = this.#of[file];
      if (tried.includes(file) || status.last_error !== null) {
        this.#of[file] = succeeded(status, at, status.last_warnings);
      }
    }
  }

  applied(tried: readonly ConfigFile[], at: string, warnings: (file: ConfigFile) => readonly string[]): void {
    for (const file of CONFIG_FILES) {
      const status = this.#of[file];
      const isTried = tried.includes(file) || status.last_error !== null;
      this.#of[file] = isTried ? succeeded(status, at, warnings(file)) : { ...status, last_warnings: warnings(file) };
    }
  }

  refused(tried: readonly ConfigFile[], at: string, error: (file: ConfigFile) => string): void {
    for (const file of tried) {
      const status = this.#of[file];
      const attempts = status.attempt_count + 1;
      this.#of[file] = { ...status, last_attempt: at, last_error: error(file), attempt_count: attempts };
    }
  }
}

function initialStatus(warnings: readonly string[]): ReloadStatus {
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
function succeeded(status: ReloadStatus, at: string, warnings: readonly string[]): ReloadStatus {
  return {
    last_attempt: at,
    last_success: at,
    last_error: null,
    attempt_count: status.attempt_count + 1,
    success_count: status.success_count + 1,
    last_warnings: warnings,
  };
}
