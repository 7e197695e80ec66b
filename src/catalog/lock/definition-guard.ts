/**
 * Decides which definitions of servers count (docs/definitions.md). Every list of the catalogue goes through `visible`; calls of servers whose
 * definitions are quarantined or exact also through checked-connections.ts.
 */
import { type PackageVersion, packageOf } from '../../config/launch-digest.ts';
import type { ServerDefinition } from '../../config/snapshot.ts';
import type { DecidedDefinition, DefinitionKind, Log, UpstreamConnection } from '../../upstream/contract.ts';
import { digestOf } from '../definition.ts';
import type { ToolList } from '../fetch-tools.ts';
import type { Offers } from '../prompts-and-resources.ts';
import type { ServerBeside } from '../scan/scan-server.ts';
import type { SharedFile } from '../shared-file.ts';
import type { ToolEntry } from '../tool-entry.ts';
import { definitionChanged, notStarted } from './decided-definition.ts';
import { type Definition, definitionsOf } from './fetch-definitions.ts';
import { findSuspects, textsByKey } from './find-suspects.ts';
import { type KeptDefinitions, withSight } from './kept-definitions.ts';
import type { LockStore } from './lock-store.ts';
import { keyParts, type Lock, type LockedServer, lockKey, NOTHING_LOCKED, withServer } from './lock-text.ts';
import { combined, type Sight, sightOf, sightOfAll, sightOfInstructions, sightOfLaunch } from './sight.ts';
import { visibleList } from './visible-list.ts';

export interface DefinitionGuardOptions {
  readonly lock: LockStore;
  /** The kept definitions of a server, to look at. */
  readonly kept: (server: string) => SharedFile<KeptDefinitions>;
  /** The tools of the other servers, as far as they are known. */
  readonly others: (server: string) => readonly ServerBeside[];
  readonly log: Log;
  /** A server was seen for the first time, and what it offers was accepted. */
  readonly onFirstSight: (server: ServerDefinition, accepted: LockedServer) => void;
}

/** The origin of a list. */
interface Arrival {
  readonly connection: UpstreamConnection;
  /** Digests by name of what the server listed before; undefined where that is not known. */
  readonly before: () => Promise<ReadonlyMap<string, string> | undefined>;
}

type List = ToolList | Offers;
type Held = ReadonlyMap<string, string>;

export class DefinitionGuard {
  readonly #options: DefinitionGuardOptions;
  /** By key of the server: what is held back although changes are only recorded, because the scan found something in it. */
  readonly #held = new Map<string, Held>();
  /** By key of the server. */
  readonly #firstSights = new Map<string, Promise<void>>();
  readonly #visible = new WeakMap<
    List,
    { readonly lock: Lock; readonly held: Held | undefined; readonly list: List }
  >();
  readonly #visibleTools = new WeakMap<
    readonly ToolEntry[],
    { readonly lock: Lock; readonly entries: readonly ToolEntry[] }
  >();

  constructor(options: DefinitionGuardOptions) {
    this.#options = options;
  }

  /** A list arrived; nobody has seen it yet. Never rejects. */
  async arrived(server: ServerDefinition, kind: DefinitionKind, list: List, arrival: Arrival): Promise<void> {
    try {
      if (server.definitions === undefined) return await this.#compare(server, kind, list, arrival);
      const lock = await this.#options.lock.read();
      const isNew = server.definitions === 'quarantine' && lock !== undefined && !lock.has(server.name);
      if (isNew) await this.#firstSight(server, arrival.connection);
      await this.seen(server, kind, list);
    } catch (err) {
      this.#options.log.warn({ err, server: server.name }, 'definitions could not be compared with the lock file');
    }
  }

  /** Keeps the text of a list, for whoever looks at what changed. Never rejects. */
  async seen(server: ServerDefinition, kind: DefinitionKind, list: List): Promise<void> {
    await this.#options.lock.read();
    await this.#keep(server, await this.#sightOf(server, kind, list));
  }

  /** The part of a list that counts. The same for the same list, until something is accepted. */
  visible<L extends List>(server: ServerDefinition, kind: DefinitionKind, list: L): L {
    const held = this.#held.get(server.key);
    if (server.definitions === undefined && held === undefined) return list;
    const lock = this.#options.lock.current();
    const before = this.#visible.get(list);
    if (before?.lock === lock && before.held === held) return before.list as L;
    const locked = lock.get(server.name);
    const counts = (name: string, { hash }: Definition): boolean => this.#counts(server, kind, name, hash);
    const isTold = (name: string): boolean =>
      server.definitions !== 'exact' || locked?.has(lockKey(kind, name)) === true;
    let shown: List = visibleList<List>(list, counts, isTold);
    if ('instructions' in shown && !this.countsAsInstructions(server, shown.instructions)) {
      shown = { ...shown, instructions: undefined };
    }
    this.#visible.set(list, { lock, held, list: shown });
    return shown as L;
  }

  /** The same of tools that were kept on disk. */
  async visibleTools(server: ServerDefinition, entries: readonly ToolEntry[]): Promise<readonly ToolEntry[]> {
    if (server.definitions === undefined) return entries;
    const lock = (await this.#options.lock.read()) ?? NOTHING_LOCKED;
    const before = this.#visibleTools.get(entries);
    if (before?.lock === lock) return before.entries;
    const shown = entries.filter(({ name, hash }) => this.#counts(server, 'tool', name, hash));
    this.#visibleTools.set(entries, { lock, entries: shown });
    return shown;
  }

  countsAsInstructions(server: ServerDefinition, instructions: string | undefined): boolean {
    if (server.definitions === undefined || instructions === undefined) return true;
    const locked = this.#options.lock.current().get(server.name);
    return locked?.get(lockKey('instructions')) === digestOf(JSON.stringify(instructions));
  }

  /**
   * Decides if a call may go out on a connection.
   * @param decided what its caller saw. @param listed digest of what the connection lists under that name
   * @throws GatewayError DEFINITION_CHANGED
   */
  check(server: ServerDefinition, decided: DecidedDefinition, listed: string | undefined): void {
    const { kind, name, digest } = decided;
    if (listed !== digest || !this.#counts(server, kind, name, digest))
      throw definitionChanged(server.name, kind, name);
  }

  /** @throws GatewayError DEFINITION_CHANGED where it is launched in another way than what is locked */
  async mayStart(server: ServerDefinition): Promise<void> {
    if (server.definitions !== 'exact') return;
    const { lock } = this.#options;
    const locked = (await lock.read())?.get(server.name);
    const program = await packageOf(server);
    if (locked?.get(lockKey('launch')) === server.launch && hasVersion(locked, program)) return;
    await this.#keep(server, await sightOfLaunch(server));
    throw notStarted(server.name, lock.path, locked === undefined);
  }

  /** Names of what is held back of a server, of one kind. @param names of definitions, with their digests */
  heldOf(server: ServerDefinition, kind: DefinitionKind, names: Iterable<readonly [string, string]>): string[] {
    return [...names].flatMap(([name, digest]) => (this.#counts(server, kind, name, digest) ? [] : [name]));
  }

  #counts(server: ServerDefinition, kind: DefinitionKind, name: string, digest: string): boolean {
    const key = lockKey(kind, name);
    if (this.#options.lock.current().get(server.name)?.get(key) === digest) return true;
    return server.definitions === undefined && this.#held.get(server.key)?.get(key) !== digest;
  }

  #firstSight(server: ServerDefinition, connection: UpstreamConnection): Promise<void> {
    const running = this.#firstSights.get(server.key);
    if (running !== undefined) return running;
    const sight = this.#acceptAll(server, connection).finally(() => this.#firstSights.delete(server.key));
    this.#firstSights.set(server.key, sight);
    return sight;
  }

  async #acceptAll(server: ServerDefinition, connection: UpstreamConnection): Promise<void> {
    const { lock, log, others, onFirstSight } = this.#options;
    const sight = await sightOfAll(server, connection);
    await this.#keep(server, sight);
    const found = await findSuspects(server.name, textsByKey(sight.values, sight.texts), others(server.name));
    if (found.size > 0) {
      const names = [...found].slice(0, MAX_NAMED).map((key) => key.slice(0, 128));
      log.warn(
        { server: server.name, definitions: names },
        `the server waits for "definitions accept": the scan found something`,
      );
      return;
    }
    let isFirst = false;
    await lock.update((before) => {
      if (before.has(server.name)) return before;
      isFirst = true;
      return withServer(before, server.name, sight.values);
    });
    if (isFirst) onFirstSight(server, sight.values);
  }

  /** Holds a change in which the scan finds something, also where changes are only recorded. */
  async #compare(server: ServerDefinition, kind: DefinitionKind, list: List, { before }: Arrival): Promise<void> {
    const { lock, kept, log } = this.#options;
    const known = await before();
    const definitions = definitionsOf(list);
    const heldBefore = this.#held.get(server.key) ?? (await kept(server.name).read()).held;
    const held = new Map(heldBefore);
    for (const key of heldBefore.keys()) if (keyParts(key).kind === kind) held.delete(key);
    const news = new Map<string, string>();
    for (const [name, { hash, raw }] of definitions) {
      const key = lockKey(kind, name);
      if (heldBefore.get(key) === hash) held.set(key, hash);
      else if (known !== undefined && known.get(name) !== hash) news.set(key, raw);
    }
    // Two entries for one program have the same tools, and each may be updated by itself.
    const found = news.size === 0 ? [] : await findSuspects(server.name, news, []);
    for (const key of found) held.set(key, definitions.get(keyParts(key).name)?.hash ?? '');
    if (held.size === 0 && heldBefore.size === 0) return;
    this.#held.set(server.key, held);
    await lock.read();
    await this.#keep(server, await this.#sightOf(server, kind, list), held);
    const names = [...found].slice(0, MAX_NAMED).map((key) => key.slice(0, 128));
    if (names.length > 0) log.warn({ server: server.name, definitions: names }, CHANGED_FOR_THE_WORSE);
  }

  async #sightOf(server: ServerDefinition, kind: DefinitionKind, list: List): Promise<Sight> {
    const parts = [await sightOfLaunch(server), sightOf(kind, definitionsOf(list))];
    if ('instructions' in list) parts.push(sightOfInstructions(list.instructions));
    return combined(parts);
  }

  async #keep(server: ServerDefinition, sight: Sight, held?: Held): Promise<void> {
    const { lock, kept, log } = this.#options;
    const locked = lock.current().get(server.name);
    try {
      await kept(server.name).update((before) => withSight(before, sight, locked, held));
    } catch (err) {
      log.warn(
        { err, server: server.name },
        'what a server offers could not be kept: "definitions diff" will not show it',
      );
    }
  }
}

/** Definitions that the log names. */
const MAX_NAMED = 20;
const CHANGED_FOR_THE_WORSE =
  'definitions changed and are held back, since the scan found something: "definitions diff"';

/** A version that cannot be read, or was not when it was locked, says nothing. */
function hasVersion(locked: LockedServer | undefined, program: PackageVersion | undefined): boolean {
  const isLocked = [...(locked?.keys() ?? [])].some((key) => keyParts(key).kind === 'package');
  if (program === undefined || !isLocked) return true;
  return locked?.get(lockKey('package', program.name)) === program.version;
}
