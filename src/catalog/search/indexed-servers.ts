/** The servers that the search knows, each with the documents that stand for its tools in the index. */
import { setImmediate } from 'node:timers/promises';
import { createSlices } from '../../shared/slices.ts';
import type { Text } from '../embeddings/embedding-index.ts';
import type { ToolEntry } from '../tool-entry.ts';
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

export class IndexedServers {
  readonly index = new SearchIndex();
  readonly #servers = new Map<string, IndexedServer>();
  readonly #jobs = new Map<string, Job>();

  get(name: string): IndexedServer | undefined {
    return this.#servers.get(name);
  }

  /** Indexes a list in slices, so that others have their turn. @returns undefined where that is done already */
  addSoon(listed: ListedServer): Promise<void> | undefined {
    if (this.#current(listed) !== undefined) return undefined;
    const job = this.#jobs.get(listed.name);
    if (job !== undefined && isSame(job.listed, listed)) return job.done;
    const done = this.#addInSlices(listed).finally(() => {
      if (this.#jobs.get(listed.name)?.done === done) this.#jobs.delete(listed.name);
    });
    this.#jobs.set(listed.name, { listed, done });
    return done;
  }

  /** Indexes a list at once: for what was listed while somebody waited for what was listed before. */
  addNow(listed: ListedServer): IndexedServer {
    const current = this.#current(listed);
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
  #current(listed: ListedServer): IndexedServer | undefined {
    const server = this.#servers.get(listed.name);
    return server !== undefined && isSame(server.listed, listed) ? server : undefined;
  }

  async #addInSlices(listed: ListedServer): Promise<void> {
    // Not in the queue of what is large: many may wait for this.
    const slice = createSlices(setImmediate);
    const replacement = this.index.replace(listed.name);
    // By then it is the job of this server.
    await slice();
    for (const entry of listed.entries) {
      replacement.add(documentOf(listed, entry));
      await slice();
    }
    // Something newer was listed meanwhile, or the server was removed.
    if (this.#jobs.get(listed.name)?.listed !== listed) return replacement.abandon();
    replacement.commit();
    this.#register(listed);
  }

  #register(listed: ListedServer): IndexedServer {
    const server = new IndexedServer(listed, this.index.of(listed.name));
    this.#servers.set(listed.name, server);
    return server;
  }
}

function isSame(one: ListedServer, other: ListedServer): boolean {
  return one.entries === other.entries && one.description === other.description;
}
