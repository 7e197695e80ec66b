/** The servers that the search knows, each with the documents that stand for its tools in the index. */
import { SlicedJobs } from '../../shared/sliced-jobs.ts';
import type { Text } from '../embeddings/embedding-index.ts';
import type { Direction } from '../meaning/meaning-vectors.ts';
import type { ToolEntry } from '../tool-entry.ts';
import type { Meaning } from './meaning.ts';
import { type IndexedDocument, SearchIndex } from './search-index.ts';
import { documentOf, meaningOf } from './tool-document.ts';

/** A server whose tools are known. */
export interface ListedServer {
  readonly name: string;
  readonly description: string | undefined;
  readonly entries: readonly ToolEntry[];
}

/** A server as it stands in the index. Another list of its tools makes another one. */
export class IndexedServer {
  readonly listed: ListedServer;
  readonly documents: readonly IndexedDocument[];
  readonly #byName: ReadonlyMap<string, ToolEntry>;
  #texts: ReadonlyMap<number, Text> | undefined;

  /** @param documents in the order of the entries */
  constructor(listed: ListedServer, documents: readonly IndexedDocument[]) {
    this.listed = listed;
    this.documents = documents;
    this.#byName = new Map(listed.entries.map((entry) => [entry.name, entry]));
  }

  entry(name: string): ToolEntry | undefined {
    return this.#byName.get(name);
  }

  /** By document id, what stands for the meaning of a tool; made when it is needed. */
  get texts(): ReadonlyMap<number, Text> {
    const { name, entries } = this.listed;
    this.#texts ??= new Map(this.documents.map(({ id }, at) => [id, meaningOf(name, entries[at] as ToolEntry)]));
    return this.#texts;
  }
}

/** A list that is being indexed. */
interface Job {
  readonly listed: ListedServer;
  readonly done: Promise<void>;
}

type Steps = Generator<void, void>;

export class IndexedServers {
  readonly index = new SearchIndex();
  readonly #servers = new Map<string, IndexedServer>();
  readonly #jobs = new Map<string, Job>();
  /** Not in the queue of what is large: many may wait for this. */
  readonly #work = new SlicedJobs();
  #meaning: Meaning | undefined;
  /** The servers whose documents have a meaning. */
  readonly #understood = new WeakSet<IndexedServer>();

  /** From now on documents have a meaning, also those that are there: made in slices. */
  understand(meaning: Meaning): Promise<void> {
    this.#meaning = meaning;
    return this.#work.run(this.#stepsOfMeaning(meaning));
  }

  *#stepsOfMeaning(meaning: Meaning): Steps {
    for (const server of [...this.#servers.values()]) {
      const { name, entries } = server.listed;
      // Its place may be taken meanwhile, by one that brings its meaning.
      const isThere = (): boolean => this.#servers.get(name) === server;
      for (const [at, { id }] of server.documents.entries()) {
        if (!isThere()) break;
        meaning.set(id, meaning.of(name, entries[at] as ToolEntry));
        yield;
      }
      if (isThere()) this.#understood.add(server);
    }
  }

  get(name: string): IndexedServer | undefined {
    return this.#servers.get(name);
  }

  /** Indexes lists in slices, so that others have their turn. @returns undefined where that is done already */
  addAll(lists: readonly ListedServer[]): Promise<unknown> | undefined {
    const jobs: Promise<void>[] = [];
    for (const listed of lists) {
      const job = this.addSoon(listed);
      if (job !== undefined) jobs.push(job);
    }
    return jobs.length > 0 ? Promise.all(jobs) : undefined;
  }

  /** The same for one, so that others have their turn. @returns undefined where that is done already */
  addSoon(listed: ListedServer): Promise<void> | undefined {
    if (this.current(listed) !== undefined) return undefined;
    const job = this.#jobs.get(listed.name);
    if (job !== undefined && isSame(job.listed, listed)) return job.done;
    const done = this.#work.run(this.#stepsOfAdding(listed)).finally(() => {
      if (this.#jobs.get(listed.name)?.done === done) this.#jobs.delete(listed.name);
    });
    this.#jobs.set(listed.name, { listed, done });
    return done;
  }

  /** Indexes a list at once: for what was listed while somebody waited for what was listed before. */
  addNow(listed: ListedServer): IndexedServer {
    const current = this.current(listed);
    if (current !== undefined) return current;
    this.index.put(
      listed.name,
      listed.entries.map((entry) => documentOf(listed, entry)),
    );
    return this.#register(listed);
  }

  /** Forgets the servers that are not among these names. */
  retain(names: ReadonlySet<string>): void {
    for (const name of this.#jobs.keys()) if (!names.has(name)) this.#jobs.delete(name);
    for (const name of this.#servers.keys()) {
      if (names.has(name)) continue;
      this.#servers.delete(name);
      this.index.remove(name);
    }
  }

  /** The server where it is indexed with exactly this list. */
  current(listed: ListedServer): IndexedServer | undefined {
    const server = this.#servers.get(listed.name);
    return server !== undefined && isSame(server.listed, listed) ? server : undefined;
  }

  *#stepsOfAdding(listed: ListedServer): Steps {
    const replacement = this.index.replace(listed.name);
    const directions: (Direction | undefined)[] = [];
    for (const entry of listed.entries) {
      replacement.add(documentOf(listed, entry));
      directions.push(this.#isKnown(listed.name, entry) ? undefined : this.#meaning?.of(listed.name, entry));
      yield;
    }
    // Something newer was listed meanwhile, or the server was removed.
    if (this.#jobs.get(listed.name)?.listed !== listed) return replacement.abandon();
    replacement.commit();
    this.#register(listed, directions);
  }

  /** True if the meaning is known: the definition is the one that the server had before. */
  #isKnown(server: string, { name, hash }: ToolEntry): boolean {
    const before = this.#servers.get(server);
    return before !== undefined && this.#understood.has(before) && before.entry(name)?.hash === hash;
  }

  /** @param directions of the entries whose meaning was made already */
  #register(listed: ListedServer, directions: readonly (Direction | undefined)[] = []): IndexedServer {
    const server = new IndexedServer(listed, this.index.of(listed.name));
    const meaning = this.#meaning;
    const known = new Map(this.#servers.get(listed.name)?.documents.map(({ name, id }) => [name, id]));
    for (const [at, { id, name }] of meaning === undefined ? [] : server.documents.entries()) {
      const entry = listed.entries[at] as ToolEntry;
      const before = this.#isKnown(listed.name, entry) ? known.get(name) : undefined;
      if (before === undefined) meaning?.set(id, directions[at] ?? meaning.of(listed.name, entry));
      else meaning?.copy(before, id);
    }
    if (meaning !== undefined) this.#understood.add(server);
    this.#servers.set(listed.name, server);
    return server;
  }
}

function isSame(one: ListedServer, other: ListedServer): boolean {
  return one.entries === other.entries && one.description === other.description;
}
