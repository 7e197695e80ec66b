/** Entries of clients in our words: exactly, or with the name of what cannot be said here. Pure. */

import { isAbsolute, join } from 'node:path';
import { SERVER_KEYS } from '../config/file-schemas.ts';
import { startsGateway } from '../config/nested-gateway.ts';
import { translate as inCommonWords } from '../config/other-clients.ts';
import { parseUrl } from '../shared/parse-url.ts';
import type { Client } from './clients.ts';
import { type Data, type DataMap, isList, isMap, type Json, type JsonObject, toJson } from './edit/data.ts';
import { prepare } from './prepare.ts';
import { convert, literal } from './variables.ts';

/** The tools of a server that a client lets its agents use. */
export interface ToolFilter {
  /** Undefined for all of them. */
  readonly allow: readonly string[] | undefined;
  readonly deny: readonly string[];
  /** Used without asking. */
  readonly approved: readonly string[];
}

export interface TranslatedEntry {
  readonly kind: 'entry';
  readonly name: string;
  readonly entry: JsonObject;
  readonly isOff: boolean;
  readonly tools: ToolFilter;
  /** Variables of the environment that it needs. */
  readonly needs: readonly string[];
  /** Ids of inputs of VS Code that it needs, as `${input:ID}` in the entry. */
  readonly inputs: readonly string[];
  /** The settings that are not carried over: one clause each, that begins with its name. */
  readonly lost: readonly string[];
}

/** An entry that stays with its client, and why. */
export interface LeftEntry {
  readonly kind: 'left';
  readonly name: string;
  /** The end of a sentence; undefined for the gateway itself. */
  readonly reason: string | undefined;
}

interface EntryPlace {
  /** Folder of the project that the entry is for. */
  readonly project: string | undefined;
  /** Script of this program, to recognise entries that start it. */
  readonly mainScript?: string | undefined;
}

export function translateEntry(
  client: Client,
  name: string,
  raw: Data,
  place: EntryPlace,
): TranslatedEntry | LeftEntry {
  if (!isMap(raw)) return { kind: 'left', name, reason: 'is no table of settings' };
  const prepared = prepare(client.id, raw);
  if (prepared.left !== undefined) return { kind: 'left', name, reason: prepared.left };
  const { entry: common, contradictions } = inCommonWords(prepared.entry);
  const [contradiction] = contradictions;
  if (contradiction !== undefined) {
    return { kind: 'left', name, reason: `has "${contradiction.key}", which ${contradiction.message}` };
  }
  const words = common as Map<string, Data>;
  if (isGateway(words, place.mainScript)) return { kind: 'left', name, reason: undefined };
  const reader = new Reader(client, place, prepared.lost);
  const entry = reader.entry(words);
  addExtras(entry, prepared.headers, prepared.env);
  return {
    kind: 'entry',
    name,
    entry: inOrder(entry),
    isOff: words.get('disabled') === true || words.get('enabled') === false,
    tools: filterOf(client, words, prepared.approved),
    needs: [...new Set([...reader.needs, ...prepared.needs])],
    inputs: [...new Set(reader.inputs)],
    lost: reader.lost,
  };
}

const ORDER = ['type', 'transport', 'command', 'args', 'env', 'envFile', 'cwd', 'url', 'headers'];

/** As people write entries: what says how the server is reached comes first. */
function inOrder(entry: JsonObject): JsonObject {
  const rank = (key: string): number => (ORDER.includes(key) ? ORDER.indexOf(key) : ORDER.length);
  return Object.fromEntries(Object.entries(entry).sort(([one], [other]) => rank(one) - rank(other)));
}

function isGateway(words: DataMap, mainScript: string | undefined): boolean {
  const command = words.get('command');
  const args = words.get('args');
  if (typeof command !== 'string') return false;
  return startsGateway(command, isList(args) ? args.filter((arg) => typeof arg === 'string') : [], mainScript);
}

/** Members that every client has under one name after `inCommonWords`. */
const TEXTS = ['command', 'cwd', 'envFile', 'url'] as const;

/** Reads the members of one entry and remembers what it needs and loses. */
class Reader {
  readonly needs: string[] = [];
  readonly inputs: string[] = [];
  readonly lost: string[];
  readonly client: Client;
  readonly place: EntryPlace;

  constructor(client: Client, place: EntryPlace, lost: readonly string[]) {
    this.client = client;
    this.place = place;
    this.lost = [...lost];
  }

  entry(words: DataMap): Record<string, Json> {
    const entry: Record<string, Json> = {};
    const { dialect } = this.client;
    const own = new Set<string>([...dialect.allow, ...dialect.deny, ...dialect.approved, ...dialect.ignored]);
    for (const [key, value] of words) {
      if (own.has(key) || value === null || value === undefined) continue;
      const made = this.member(key, value);
      if (made !== undefined) entry[key === 'timeout' ? 'timeout_ms' : key] = made;
    }
    this.places(entry);
    if (
      entry['type'] === undefined &&
      entry['transport'] === undefined &&
      dialect.urlMeans !== undefined &&
      typeof entry['url'] === 'string'
    ) {
      entry['type'] = dialect.urlMeans;
    }
    return entry;
  }

  member(key: string, value: Data): Json | undefined {
    if (key === 'disabled' || key === 'enabled') return undefined;
    if (TEXTS.includes(key as (typeof TEXTS)[number]))
      return typeof value === 'string' ? this.text(value) : this.lose(key);
    if (key === 'args') return isList(value) ? value.map((arg) => this.text(String(toJson(arg)))) : this.lose(key);
    if (key === 'env' || key === 'headers') return isMap(value) ? this.texts(key, value) : this.lose(key);
    if (key === 'type' || key === 'transport') return typeof value === 'string' ? value : this.lose(key);
    if (key === 'description') return typeof value === 'string' ? literal(value) : undefined;
    if (key === 'timeout') return this.milliseconds(key, value);
    if (key === 'oauth') return isMap(value) ? this.oauth(value) : this.lose(key);
    if (SERVER_KEYS.includes(key)) return this.own(value);
    return this.lose(key);
  }

  /** A member that means here what it means there. */
  own(value: Data): Json {
    if (typeof value === 'string') return this.text(value);
    return toJson(value);
  }

  texts(key: string, map: DataMap): JsonObject {
    const made: Record<string, Json> = {};
    for (const [name, value] of map) {
      if (value === null || isMap(value) || isList(value)) this.lose(`${key}.${name}`);
      else made[name] = this.text(String(value));
    }
    return made;
  }

  milliseconds(key: string, value: Data): number | undefined {
    const number = Number(value);
    if (!Number.isFinite(number) || number <= 0) return this.lose(key);
    return Math.round(this.client.dialect.timeout === 's' ? number * 1000 : number);
  }

  oauth(map: DataMap): Json | undefined {
    const made: Record<string, Json> = {};
    for (const [theirs, value] of map) {
      const key = OAUTH_NAMES.get(theirs) ?? theirs;
      if (key === 'scopes')
        made[key] = isList(value) ? value.map((scope) => String(scope)) : String(value).split(/[\s,]+/);
      else if (key === 'redirectUri') this.redirect(String(value), made);
      else if (OAUTH_TEXTS.has(key) && typeof value === 'string') made[key] = this.text(value);
      else if (key === 'redirectPort' && typeof value === 'number') made[key] = value;
      else if (theirs !== 'enabled') this.lose(`oauth.${theirs}`);
    }
    return Object.keys(made).length === 0 ? undefined : made;
  }

  redirect(uri: string, made: Record<string, Json>): void {
    const url = parseUrl(uri);
    if (url === undefined || !['127.0.0.1', 'localhost'].includes(url.hostname) || url.port === '') {
      this.lose('oauth.redirectUri');
      return;
    }
    made['redirectPort'] = Number(url.port);
    if (url.hostname === 'localhost') made['redirectHost'] = 'localhost';
  }

  text(text: string): string {
    const { needs, inputs, lost, text: made } = convert(text, this.client.dialect.variables, this.place);
    this.needs.push(...needs);
    this.inputs.push(...inputs);
    for (const reference of lost) this.lost.push(`"${reference}", which only ${this.client.title} can follow`);
    return made;
  }

  /** An entry for a project runs in its folder, and its relative paths begin there. */
  places(entry: Record<string, Json>): void {
    const { project } = this.place;
    if (project === undefined) return;
    for (const key of ['cwd', 'envFile'] as const) {
      const path = entry[key];
      if (typeof path === 'string' && !isAbsolute(path) && !/^(?:~|\$\{)/.test(path))
        entry[key] = join(literal(project), path);
    }
    if (typeof entry['command'] === 'string' && entry['cwd'] === undefined) entry['cwd'] = literal(project);
  }

  lose(key: string): undefined {
    this.lost.push(`"${key}", which the gateway does not have`);
    return undefined;
  }
}

const OAUTH_NAMES: ReadonlyMap<string, string> = new Map([
  ['client_id', 'clientId'],
  ['CLIENT_ID', 'clientId'],
  ['client_secret', 'clientSecret'],
  ['CLIENT_SECRET', 'clientSecret'],
  ['scope', 'scopes'],
  ['callbackPort', 'redirectPort'],
  ['redirect_uri', 'redirectUri'],
]);
const OAUTH_TEXTS = new Set(['clientId', 'clientSecret', 'issuer', 'clientMetadataUrl']);

function addExtras(
  entry: Record<string, Json>,
  headers: ReadonlyMap<string, string>,
  env: ReadonlyMap<string, string>,
): void {
  if (headers.size > 0)
    entry['headers'] = { ...(entry['headers'] as JsonObject | undefined), ...Object.fromEntries(headers) };
  // The variables of the entry itself win.
  if (env.size > 0) entry['env'] = { ...Object.fromEntries(env), ...(entry['env'] as JsonObject | undefined) };
}

function filterOf({ dialect }: Client, words: DataMap, approved: readonly string[]): ToolFilter {
  const namesIn = (keys: readonly string[]): string[] | undefined => {
    const lists = keys.map((key) => words.get(key)).filter(isList);
    return lists.length === 0 ? undefined : lists.flat().filter((name) => typeof name === 'string');
  };
  const allow = namesIn(dialect.allow);
  return {
    // goose writes an empty list for all of them.
    allow:
      allow?.includes('*') === true || (allow?.length === 0 && dialect.allow.includes('available_tools'))
        ? undefined
        : allow,
    deny: namesIn(dialect.deny) ?? [],
    approved: [...(namesIn(dialect.approved) ?? []), ...approved],
  };
}
