/**
 * Lists of servers from when a gateway of this account last ran, kept on disk: for searches while they start. A file for each definition
 * of a server, and for each kind of client, where what it lists depends on that. Nothing can be called because it stands here.
 */
import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { readConfigFile, sha256, writePrivateFile } from '../config/config-files.ts';
import type { ServerDefinition } from '../config/snapshot.ts';
import type { Tenant } from '../upstream/contract.ts';
import { hasOwnCredentials } from '../upstream/pool/sharing.ts';
import type { ToolList } from './fetch-tools.ts';
import { keepNewest } from './keep-newest.ts';
import { variantOf } from './list-cache.ts';
import type { OfferList, Offers } from './prompts-and-resources.ts';
import { readTool, type ToolEntry } from './tool-entry.ts';

/** Files that are kept; the one that was not used for longest goes first. */
const MAX_FILES = 500;
/** Characters of a file: a server that lists more is waited for. */
const MAX_LENGTH = 1024 * 1024;
const FORMAT = 1;

export interface KeptLists {
  /** The tools that a server listed last, as it defines them; undefined where that is not known, or it failed since this process began. */
  of(server: ServerDefinition, tenant: Tenant | undefined): Promise<readonly ToolEntry[] | undefined>;
  /** A list was fetched. Nobody waits for what is made of it. */
  listed(server: ServerDefinition, tenant: Tenant | undefined, list: ToolList): void;
  /** A list of other things was fetched: for whoever checks what the entry of the server says of them. */
  offered(server: ServerDefinition, list: OfferList, offers: Offers): void;
  /** A list could not be fetched: what the server listed before is not told any more. */
  failed(server: ServerDefinition): void;
  /** Resolves when everything so far is written. */
  settled(): Promise<void>;
}

interface KeptListsOptions {
  readonly folder: string;
  /** Takes known secrets out of a text: a list that has one is not written. */
  readonly redact: (text: string) => string;
  /** It could not be written down: the next process will wait for the server. */
  readonly notWritten: (error: unknown) => void;
  readonly maxFiles?: number;
}

export function createKeptLists({ folder, redact, notWritten, maxFiles = MAX_FILES }: KeptListsOptions): KeptLists {
  /** By file, what was read of it: the same entries for every search. */
  const known = new Map<string, Promise<readonly ToolEntry[] | undefined>>();
  /** Keys of servers that failed. */
  const broken = new Set<string>();
  let last: Promise<void> = Promise.resolve();

  const pathOf = ({ key }: ServerDefinition, tenant: Tenant | undefined): string =>
    join(folder, `${sha256(JSON.stringify([key, variantOf(tenant)]))}.json`);

  const write = async (path: string, text: string): Promise<void> => {
    if ((await readText(path)) === text) {
      const now = new Date();
      return utimes(path, now, now);
    }
    await writePrivateFile(path, text);
    await keepNewest(folder, maxFiles);
  };

  return {
    async of(server, tenant) {
      if (hasOwnCredentials(server.link) || broken.has(server.key)) return undefined;
      const path = pathOf(server, tenant);
      let tools = known.get(path);
      if (tools === undefined) {
        tools = readText(path).then((text) => toolsOf(text, server.link.transport !== 'stdio'));
        known.set(path, tools);
        for (const oldest of [...known.keys()].slice(0, -maxFiles)) known.delete(oldest);
      }
      return tools;
    },
    listed(server, tenant, { entries, hidden = [] }) {
      broken.delete(server.key);
      // A list for one account is not for the next principal.
      if (hasOwnCredentials(server.link)) return;
      const path = pathOf(server, tenant);
      known.delete(path);
      const text = textOf(server, entries, hidden);
      if (text.length > MAX_LENGTH || redact(text) !== text) return;
      last = last.then(() => write(path, text)).catch(notWritten);
    },
    offered(server, list, { entries }) {
      if (server.overrides === undefined || hasOwnCredentials(server.link)) return;
      const { name, key } = server;
      const offers = entries.map(({ raw }) => raw);
      const text = `${JSON.stringify({ format: FORMAT, server: name, key, list, offers })}\n`;
      if (text.length > MAX_LENGTH || redact(text) !== text) return;
      const path = join(folder, `${sha256(JSON.stringify([key, 'offers', list]))}.json`);
      last = last.then(() => write(path, text)).catch(notWritten);
    },
    failed(server) {
      broken.add(server.key);
    },
    settled: () => last,
  };
}

/** The tools as the server defines them; and as agents see them, where that is something else. */
function textOf(server: ServerDefinition, entries: readonly ToolEntry[], hidden: readonly ToolEntry[]): string {
  const tools = [...entries.map((entry) => entry.original ?? entry), ...hidden].map(({ raw }) => raw);
  const shown = server.overrides === undefined ? {} : { shown: entries.map(({ raw }) => raw) };
  return `${JSON.stringify({ format: FORMAT, server: server.name, key: server.key, tools, ...shown })}\n`;
}

async function readText(path: string): Promise<string> {
  const content = await readConfigFile(path);
  return content.ok ? content.bytes.toString('utf8') : '';
}

/** @returns undefined where nothing is known, or nothing that can be read. */
function toolsOf(text: string, hasHeaders: boolean): readonly ToolEntry[] | undefined {
  try {
    const { format, tools } = JSON.parse(text) as { format?: unknown; tools?: unknown };
    if (format !== FORMAT || !Array.isArray(tools)) return undefined;
    const read = tools.map((raw) => (typeof raw === 'string' ? readTool(raw, hasHeaders) : ''));
    return read.filter((tool) => typeof tool !== 'string');
  } catch {
    return undefined;
  }
}
