/** Servers of several clients as one list: equal ones once, names that nobody else has, secrets by reference. Pure. */
import { substitute } from '../config/substitute.ts';
import type { Json, JsonObject } from './edit/data.ts';
import { type FoundSecret, secretName, takeSecrets } from './literal-secrets.ts';
import type { SourceEntry } from './sources.ts';
import type { TranslatedEntry } from './translate.ts';

export interface MergedServer {
  /** Its name in the servers file. */
  readonly name: string;
  readonly entry: JsonObject;
  readonly isNew: boolean;
  isOff: boolean;
  readonly sources: { readonly source: SourceEntry; readonly result: TranslatedEntry }[];
  readonly secrets: readonly FoundSecret[];
}

interface MergeTerms {
  /** Servers of the gateway. */
  readonly existing: ReadonlyMap<string, JsonObject>;
  /** The store: name -> value. */
  readonly stored: ReadonlyMap<string, string>;
  /** Names that were asked for, by the name of the server and the id of its client: `github cursor`. */
  readonly names?: ReadonlyMap<string, string> | undefined;
  /** Literal secrets stay where they are. */
  readonly keepsSecrets?: boolean | undefined;
}

export interface Merged {
  readonly servers: readonly MergedServer[];
  /** The secrets to keep in the store. */
  readonly secrets: ReadonlyMap<string, string>;
}

export function mergeServers(entries: readonly SourceEntry[], terms: MergeTerms): Merged {
  const { existing, stored } = terms;
  const secrets = new Map<string, string>();
  const known = new Map<string, MergedServer>();
  const taken = new Set(existing.keys());
  for (const [name, entry] of existing) {
    known.set(identity(entry, stored), { name, entry, isNew: false, isOff: isOff(entry), sources: [], secrets: [] });
  }
  const nameSecret = (wanted: string, value: string): string => {
    for (const [name, kept] of [...stored, ...secrets]) if (kept === value) return name;
    const base = secretName(wanted);
    let name = base;
    for (let count = 2; stored.has(name) || secrets.has(name); count++) name = `${base}_${count}`;
    secrets.set(name, value);
    return name;
  };
  // Servers that are on come first: a server that one client has on and another one off is on.
  for (const source of entries) {
    const { result } = source;
    if (result.kind === 'left') continue;
    const key = identity(result.entry, stored);
    const same = known.get(key);
    if (same !== undefined) {
      same.sources.push({ source, result });
      if (same.isNew && !result.isOff) same.isOff = false;
      continue;
    }
    const name = freeName(result.name, source, taken, terms.names);
    taken.add(name);
    const { entry, secrets: found } =
      terms.keepsSecrets === true ? { entry: result.entry, secrets: [] } : takeSecrets(name, result.entry, nameSecret);
    known.set(key, { name, entry, isNew: true, isOff: result.isOff, sources: [{ source, result }], secrets: found });
  }
  return { servers: [...known.values()], secrets };
}

function freeName(
  wanted: string,
  { file, project }: SourceEntry,
  taken: ReadonlySet<string>,
  names: MergeTerms['names'],
): string {
  const asked = names?.get(`${wanted} ${file.client.id}`);
  if (asked !== undefined && !taken.has(asked)) return asked;
  if (!taken.has(wanted)) return wanted;
  const folder = project
    ?.split(/[\\/]/)
    .filter((part) => part !== '')
    .at(-1);
  const base = `${wanted}-${folder ?? file.client.id}`;
  let name = base;
  for (let count = 2; taken.has(name); count++) name = `${base}-${count}`;
  return name;
}

function isOff(entry: JsonObject): boolean {
  return entry['disabled'] === true || entry['enabled'] === false;
}

/** The members that say how a server is reached. */
const REACHING = ['command', 'args', 'env', 'envFile', 'cwd', 'url', 'headers', 'oauth', 'ca', 'credentials'];

/** The same for entries that reach the same server in the same way, however they are written. */
function identity(entry: JsonObject, stored: ReadonlyMap<string, string>): string {
  const parts = REACHING.map((key) => {
    const value = entry[key];
    if (value === undefined || isEmpty(value)) return null;
    return canonical(value, stored);
  });
  const transport = entry['type'] ?? entry['transport'];
  return JSON.stringify([...parts, transport === 'sse' ? 'sse' : null]);
}

function isEmpty(value: Json): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

function canonical(value: Json, stored: ReadonlyMap<string, string>): Json {
  if (typeof value === 'string') return resolved(value, stored);
  if (Array.isArray(value)) return value.map((item) => canonical(item, stored));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([key, member]) => [key, canonical(member, stored)] as const);
  return Object.fromEntries(members.sort(([one], [other]) => (one < other ? -1 : 1)));
}

/** With the values of the store in place of references to it; other references stay. */
function resolved(text: string, stored: ReadonlyMap<string, string>): string {
  return text.replace(/\$\$|\$\{secret:([^}]*)\}/g, (whole, name: string | undefined) => {
    const value = name === undefined ? undefined : stored.get(name);
    return value === undefined ? whole : value.replace(/\$(?=[${])/g, '$$$$');
  });
}

/** Variables of the environment that are needed and not set. */
export function unset(needs: readonly string[], env: Readonly<Record<string, string | undefined>>): string[] {
  return needs.filter((name) => substitute(`\${${name}}`, env).missing.length > 0);
}
