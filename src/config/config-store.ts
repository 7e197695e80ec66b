/** The snapshot in use, and its replacement when a file changes (docs/operations.md, Reload). */
import { GatewayError } from '../shared/errors.ts';
import {
  type CheckedConfig,
  type ConfigContents,
  checkConfig,
  configError,
  contentDigest,
  formatProblem,
  readContents,
  versionOf,
} from './load-snapshot.ts';
import { type ConfigLocation, locateConfig } from './locate-files.ts';
import { initialStatus, type ReloadStatus, refused, succeeded } from './reload-status.ts';
import type { Settings } from './settings.ts';
import type { Problem, Snapshot } from './snapshot.ts';
import { diffServers, type ServerChanges } from './snapshot-diff.ts';
import type { Environment } from './substitute.ts';
import { trustFile } from './trusted-files.ts';
import { type WatchTimes, watchFiles } from './watch-files.ts';

/** What became of a reload. `unchanged`: the files hold what is in use already. */
export type ReloadOutcome =
  | { readonly kind: 'applied'; readonly changes: ServerChanges; readonly problems: readonly Problem[] }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly error: GatewayError };

export type ConfigListener = (next: Snapshot, previous: Snapshot, changes: ServerChanges) => void;

export interface ConfigStore {
  readonly location: ConfigLocation;
  /** What was found at the start besides errors: servers that are off, and warnings. */
  readonly problems: readonly Problem[];
  current(): Snapshot;
  /** What `current` was made of. */
  contents(): ConfigContents;
  /** Called after each swap. Gives the function that ends the subscription. */
  subscribe(listener: ConfigListener): () => void;
  /** Reads both files now, e.g. on SIGHUP. Never rejects. */
  reload(): Promise<ReloadOutcome>;
  status(): { readonly mcp_config: ReloadStatus; readonly gateway_rules: ReloadStatus };
  /** Ends the watching. */
  close(): void;
}

export interface ConfigStoreOptions {
  readonly settings: Settings;
  readonly env: Environment;
  /** False for commands that end soon. */
  readonly watch?: boolean;
  readonly times?: WatchTimes;
  /** Told of every reload that did something or was refused, whoever asked for it. */
  readonly onReload?: (outcome: ReloadOutcome) => void;
  /**
   * Others who use what this store loads prepare for what comes next. @returns makes them use it, once this store does.
   * @throws GatewayError where one of them cannot: nothing changes then.
   */
  readonly agree?: (contents: ConfigContents, next: Snapshot) => Promise<() => Promise<void>>;
  /** Told what a listener or `onReload` threw. */
  readonly onError?: (error: unknown) => void;
}

const FILES = ['servers', 'rules'] as const;
type FileName = (typeof FILES)[number];

/**
 * Loads the configuration and keeps it up to date.
 * @throws GatewayError CONFIG_NOT_FOUND or CONFIG_INVALID when there is nothing to start with.
 */
export async function createConfigStore(options: ConfigStoreOptions): Promise<ConfigStore> {
  const { settings, env } = options;
  const location = await locateConfig(settings);
  const contents = await readContents(location, settings);
  const first = await checkConfig(contents, env);
  if (first.snapshot === undefined) throw configError(first.problems);

  let current = first.snapshot;
  let used = contents;
  let lastSeen = contents;
  let lastRefused = false;
  let tail: Promise<unknown> = Promise.resolve();
  const listeners = new Set<ConfigListener>();
  const status = {
    servers: initialStatus(warningsOf(first, location.servers.path)),
    rules: initialStatus(warningsOf(first, location.rules.path)),
  };

  const guarded = (action: () => void): void => {
    try {
      action();
    } catch (error) {
      options.onError?.(error);
    }
  };

  const attempt = async (asked: boolean): Promise<ReloadOutcome> => {
    const now = await readContents(location, settings);
    const changed = FILES.filter((file) => contentDigest(now[file]) !== contentDigest(lastSeen[file]));
    if (!asked && changed.length === 0) return { kind: 'unchanged' };
    lastSeen = now;
    const wasRefused = lastRefused;
    const files = asked || changed.length === 0 ? FILES : changed;
    const outcome = await replace(now, files);
    // A watcher that finds what is in use already has nothing to tell, unless the last attempt was refused.
    if (outcome.kind !== 'unchanged' || asked || wasRefused) guarded(() => options.onReload?.(outcome));
    return outcome;
  };

  const replace = async (now: ConfigContents, files: readonly FileName[]): Promise<ReloadOutcome> => {
    const at = new Date().toISOString();
    if (versionOf(now) === current.version) {
      // Both are what is in use, so an earlier error of either is gone.
      lastRefused = false;
      for (const file of FILES) {
        if (!files.includes(file) && status[file].last_error === null) continue;
        status[file] = succeeded(status[file], at, status[file].last_warnings);
      }
      return { kind: 'unchanged' };
    }
    const refuse = (error: GatewayError, why: (file: string) => string): ReloadOutcome => {
      lastRefused = true;
      for (const file of files) status[file] = refused(status[file], at, why(location[file].path));
      return { kind: 'refused', error };
    };
    const checked = await checkConfig(now, env);
    if (checked.snapshot === undefined) {
      return refuse(configError(checked.problems), (file) => whyRefused(checked, file));
    }
    const agreed = await agreedBy(options.agree, now, checked.snapshot);
    if (agreed instanceof GatewayError) return refuse(agreed, () => agreed.message);
    lastRefused = false;
    for (const file of FILES) {
      const warnings = warningsOf(checked, location[file].path);
      if (files.includes(file) || status[file].last_error !== null) {
        status[file] = succeeded(status[file], at, warnings);
      } else status[file] = { ...status[file], last_warnings: warnings };
    }
    const previous = current;
    current = checked.snapshot;
    used = now;
    const changes = diffServers(previous.servers, current.servers);
    for (const listener of listeners) guarded(() => listener(checked.snapshot ?? current, previous, changes));
    await agreed();
    return { kind: 'applied', changes, problems: checked.problems };
  };

  /** One at a time, in order; never rejects. */
  const enqueue = (asked: boolean): Promise<ReloadOutcome> => {
    const result = tail
      .then(() => attempt(asked))
      .catch((error: unknown): ReloadOutcome => {
        options.onError?.(error);
        const message = 'The reload failed; the configuration before it stays in use.';
        return { kind: 'refused', error: new GatewayError('INTERNAL', message, { cause: error }) };
      });
    tail = result;
    return result;
  };

  const unwatch =
    options.watch === false
      ? undefined
      : watchFiles(watched(location, settings), () => void enqueue(false), options.times);
  return {
    location,
    problems: first.problems,
    current: () => current,
    contents: () => used,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    reload: () => enqueue(true),
    status: () => ({ mcp_config: status.servers, gateway_rules: status.rules }),
    close: () => unwatch?.(),
  };
}

/** @returns what makes the others use it, or why they do not. */
async function agreedBy(
  agree: ConfigStoreOptions['agree'],
  contents: ConfigContents,
  next: Snapshot,
): Promise<(() => Promise<void>) | GatewayError> {
  try {
    return (await agree?.(contents, next)) ?? (() => Promise.resolve());
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
}

/** Both files, and what is trusted where that matters: a refused file becomes good when its owner trusts it. */
function watched(location: ConfigLocation, settings: Settings): string[] {
  const { servers, rules } = location;
  const trust = servers.needsTrust || rules.needsTrust ? [trustFile(settings.configDir)] : [];
  return [servers.path, rules.path, ...trust];
}

function warningsOf(checked: CheckedConfig, file: string): readonly string[] {
  return checked.problems.filter((problem) => problem.file === file).map(formatProblem);
}

function whyRefused(checked: CheckedConfig, file: string): string {
  const errors = checked.problems.filter((problem) => problem.severity === 'error' && problem.file === file);
  return errors.length > 0 ? errors.map(formatProblem).join('\n') : 'Not applied: the other file has errors.';
}
