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
import { CONFIG_FILES, type ConfigFile, type ReloadStatus, ReloadStatuses } from './reload-status.ts';
import { secretsFolder } from './secret-places.ts';
import type { Settings } from './settings.ts';
import type { Problem, ServerDefinition, Snapshot } from './snapshot.ts';
import { diffServers, type ServerChanges } from './snapshot-diff.ts';
import type { Environment } from './substitute.ts';
import { trustFile } from './trusted-files.ts';
import { type WatchTimes, watchFiles } from './watch-files.ts';

/** The outcome of a reload. `unchanged`: the files hold what is in use already. */
export type ReloadOutcome =
  | { readonly kind: 'applied'; readonly changes: ServerChanges; readonly problems: readonly Problem[] }
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'refused'; readonly error: GatewayError };

type ConfigListener = (next: Snapshot) => void;

/** Those who follow the configuration: one that throws keeps nothing from the others. */
export class ConfigListeners {
  readonly #all = new Set<ConfigListener>();
  readonly #onError: (error: unknown) => void;

  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** @returns ends the subscription */
  add(listener: ConfigListener): () => void {
    this.#all.add(listener);
    return () => void this.#all.delete(listener);
  }

  tell(next: Snapshot): void {
    for (const listener of this.#all) {
      try {
        listener(next);
      } catch (error) {
        this.#onError(error);
      }
    }
  }
}

export interface ConfigStore {
  readonly location: ConfigLocation;
  /** The findings at the start besides errors: servers that are off, and warnings. */
  readonly problems: readonly Problem[];
  current(): Snapshot;
  /** The files that `current` was made of. */
  contents(): ConfigContents;
  /** The definition of that name and key where it is in force, or about to be; undefined where it is over. */
  definition(name: string, key: string): ServerDefinition | undefined;
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

/**
 * Loads the configuration and keeps it up to date.
 * @throws GatewayError CONFIG_NOT_FOUND or CONFIG_INVALID when there is nothing to start with.
 */
export async function createConfigStore(options: ConfigStoreOptions): Promise<ConfigStore> {
  const location = await locateConfig(options.settings);
  const contents = await readContents(location, options.settings, options.env);
  const checked = await checkConfig(contents, options.env, { code: options.settings.code });
  if (checked.snapshot === undefined) throw configError(checked.problems);
  return new FileConfigStore(options, location, contents, checked.snapshot, checked);
}

class FileConfigStore implements ConfigStore {
  readonly location: ConfigLocation;
  readonly problems: readonly Problem[];
  readonly #options: ConfigStoreOptions;
  readonly #listeners: ConfigListeners;
  readonly #statuses: ReloadStatuses;
  readonly #unwatch: (() => void) | undefined;
  readonly #files: readonly string[];
  #current: Snapshot;
  /** The files that `#current` was made of. */
  #contents: ConfigContents;
  /** The files that were read last, good or not. */
  #lastRead: ConfigContents;
  #wasRefused = false;
  /** The last reload of those that were asked for. */
  #tail: Promise<unknown> = Promise.resolve();

  constructor(
    options: ConfigStoreOptions,
    location: ConfigLocation,
    contents: ConfigContents,
    snapshot: Snapshot,
    checked: CheckedConfig,
  ) {
    this.location = location;
    this.problems = checked.problems;
    this.#options = options;
    this.#listeners = new ConfigListeners((error) => options.onError?.(error));
    this.#current = snapshot;
    this.#contents = contents;
    this.#lastRead = contents;
    this.#statuses = new ReloadStatuses((file) => warningsOf(checked, location[file].path));
    this.#files = watched(location, options.settings);
    if (options.watch !== false) {
      this.#unwatch = watchFiles(
        () => this.#watched(),
        () => void this.#enqueue(false),
        options.times,
      );
    }
  }

  /** A field, since it is handed on by itself. */
  readonly current = (): Snapshot => this.#current;

  contents(): ConfigContents {
    return this.#contents;
  }

  definition(name: string, key: string): ServerDefinition | undefined {
    const found = this.#current.servers.get(name);
    return found?.key === key ? found : undefined;
  }

  subscribe(listener: ConfigListener): () => void {
    return this.#listeners.add(listener);
  }

  reload(): Promise<ReloadOutcome> {
    return this.#enqueue(true);
  }

  status(): ReturnType<ConfigStore['status']> {
    return { mcp_config: this.#statuses.of('servers'), gateway_rules: this.#statuses.of('rules') };
  }

  close(): void {
    this.#unwatch?.();
  }

  /** One at a time, in order; never rejects. @param isOrdered false where a watcher saw something */
  #enqueue(isOrdered: boolean): Promise<ReloadOutcome> {
    const result = this.#tail
      .then(() => this.#attempt(isOrdered))
      .catch((error: unknown): ReloadOutcome => {
        this.#options.onError?.(error);
        const message = 'The reload failed; the configuration before it stays in use.';
        return { kind: 'refused', error: new GatewayError('INTERNAL', message, { cause: error }) };
      });
    this.#tail = result;
    return result;
  }

  async #attempt(isOrdered: boolean): Promise<ReloadOutcome> {
    const contents = await readContents(this.location, this.#options.settings, this.#options.env);
    const changed = CONFIG_FILES.filter(
      (file) => contentDigest(contents[file]) !== contentDigest(this.#lastRead[file]),
    );
    if (!isOrdered && changed.length === 0) return { kind: 'unchanged' };
    this.#lastRead = contents;
    const wasRefused = this.#wasRefused;
    const outcome = await this.#replace(contents, isOrdered || changed.length === 0 ? CONFIG_FILES : changed);
    // A watcher that finds what is in use already has nothing to tell, unless the last attempt was refused.
    if (outcome.kind !== 'unchanged' || isOrdered || wasRefused) this.#guard(() => this.#options.onReload?.(outcome));
    return outcome;
  }

  async #replace(contents: ConfigContents, files: readonly ConfigFile[]): Promise<ReloadOutcome> {
    const at = new Date().toISOString();
    const refuse = (error: GatewayError, why: (file: ConfigFile) => string): ReloadOutcome => {
      this.#wasRefused = true;
      this.#statuses.refused(files, at, why);
      return { kind: 'refused', error };
    };
    if (versionOf(contents) === this.#current.version) {
      this.#wasRefused = false;
      this.#statuses.unchanged(files, at);
      return { kind: 'unchanged' };
    }
    const checked = await checkConfig(contents, this.#options.env, { code: this.#options.settings.code });
    const { snapshot, problems } = checked;
    const pathOf = (file: ConfigFile): string => this.location[file].path;
    if (snapshot === undefined) return refuse(configError(problems), (file) => whyRefused(checked, pathOf(file)));
    const swapOthers = await agreedBy(this.#options.agree, contents, snapshot);
    if (swapOthers instanceof GatewayError) return refuse(swapOthers, () => swapOthers.message);
    this.#wasRefused = false;
    this.#statuses.applied(files, at, (file) => warningsOf(checked, pathOf(file)));
    const changes = this.#swap(snapshot, contents);
    // A configuration that is in use here stays in use, whatever becomes of the others.
    await swapOthers().catch((error: unknown) => this.#options.onError?.(error));
    return { kind: 'applied', changes, problems };
  }

  #swap(snapshot: Snapshot, contents: ConfigContents): ServerChanges {
    const previous = this.#current;
    this.#current = snapshot;
    this.#contents = contents;
    const changes = diffServers(previous.servers, snapshot.servers);
    this.#listeners.tell(snapshot);
    return changes;
  }

  /** The documents of APIs are those of the file that was read last. */
  #watched(): readonly string[] {
    const { servers } = this.#lastRead;
    const documents = servers.ok ? servers.documents : undefined;
    return documents === undefined ? this.#files : [...this.#files, ...documents.keys()];
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#options.onError?.(error);
    }
  }
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

/** Both files, the folder of secrets that they may name, and what is trusted where that matters: a refused file becomes good when its owner trusts it. */
function watched(location: ConfigLocation, settings: Settings): string[] {
  const { servers, rules } = location;
  const trust = servers.needsTrust || rules.needsTrust ? [trustFile(settings.configDir)] : [];
  // A new value takes the place of the file of the one before, which changes the folder.
  return [servers.path, rules.path, secretsFolder(settings.configDir), ...trust];
}

function warningsOf(checked: CheckedConfig, file: string): readonly string[] {
  return checked.problems.filter((problem) => problem.file === file).map(formatProblem);
}

function whyRefused(checked: CheckedConfig, file: string): string {
  const errors = checked.problems.filter((problem) => problem.severity === 'error' && problem.file === file);
  return errors.length > 0 ? errors.map(formatProblem).join('\n') : 'Not applied: the other file has errors.';
}
