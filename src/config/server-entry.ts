/** One entry of the servers file -> a definition, or the reasons why this server is off (D12). */
import { createHash } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import { cwdHere } from '../shared/standard-folders.ts';
import { programFault } from './check-program.ts';
import { lifeOf } from './connection-life.ts';
import { readEnvFile } from './env-file.ts';
import type * as Schema from './file-schemas.ts';
import type { ConfigDocument, ConfigNode, ConfigPath } from './json-document.ts';
import { toValue } from './json-document.ts';
import { startsGateway } from './nested-gateway.ts';
import { translate } from './other-clients.ts';
import { quote } from './quote-name.ts';
import { linkOf } from './server-address.ts';
import type { BrokenServer, Problem, ServerDefinition, ServerLife } from './snapshot.ts';
import { type Environment, substitute } from './substitute.ts';

export interface EntryContext {
  readonly document: ConfigDocument;
  readonly env: Environment;
  readonly schema: typeof Schema;
  /** Script of this process, to recognise entries that would start it. */
  readonly mainScript: string | undefined;
  /** Whether to say which programs will not start: that is so on this machine and now, and no fault of the file. */
  readonly looksForPrograms?: boolean | undefined;
}

export type EntryResult = { readonly problems: readonly Problem[]; readonly values: readonly NamedValue[] } & (
  | { readonly kind: 'server'; readonly server: ServerDefinition }
  | { readonly kind: 'broken'; readonly broken: BrokenServer }
  /** Switched off by its owner, or the gateway itself. */
  | { readonly kind: 'absent' }
);

interface NamedValue {
  readonly name: string;
  readonly value: string;
}

const LONGEST_NAME = 256;

/** Reads the entry `name` at `path`. Never throws: what is wrong disables this server and is in `problems`. */
export function readEntry(name: string, path: ConfigPath, node: ConfigNode, context: EntryContext): EntryResult {
  const { document, schema } = context;
  const problems: Problem[] = [];
  const reasons: string[] = [];
  const fixes: string[] = [];
  const values: NamedValue[] = [];
  const report = (
    severity: Problem['severity'],
    at: ConfigPath,
    message: string,
    fix: string,
    target: 'key' | 'value' = 'value',
  ): void => {
    const place = document.place([...path, ...at], at.length === 0 ? 'key' : target);
    const what = at.length === 0 ? '' : `${fieldName(at)} `;
    problems.push({
      severity,
      file: document.file,
      ...place,
      ...(severity === 'error' ? { serverOff: true as const } : {}),
      message: `Server ${quote(name)}${severity === 'error' ? ' is off' : ''}: ${what}${message}`,
      fix,
    });
    if (severity === 'error') {
      reasons.push(`${what}${message}`);
      fixes.push(`${fix}.`);
    }
  };
  const error = (at: ConfigPath, message: string, fix: string): void => report('error', at, message, fix);

  if (name === '' || name.length > LONGEST_NAME) {
    error([], `the name has ${name.length} characters`, `Give it a name of 1 to ${LONGEST_NAME} characters`);
  }
  const raw = toValue(node);
  if (!(raw instanceof Map)) {
    error([], 'the entry must be an object in { }', 'Write { "command": ... } or { "url": ... }');
    return { kind: 'broken', broken: broken(name, undefined, reasons, fixes), problems, values };
  }
  const translated = translate(raw);
  if (raw.get('disabled') === true || translated.entry.get('enabled') === false) {
    return { kind: 'absent', problems, values };
  }
  for (const { key, message, fix } of translated.contradictions) error([key], message, fix);
  const reports: Reports = { values, error, failed: () => reasons.length > 0 };
  const env = environmentOf(translated.entry, context.env, reports);
  const entry = new Map<string, unknown>();
  for (const [known, value] of translated.entry) {
    const key = String(known);
    if (!schema.SERVER_KEYS.includes(key)) {
      report(
        'warning',
        [key],
        'is not a known key and has no effect',
        'Remove it if it was meant for this gateway',
        'key',
      );
      continue;
    }
    const own = key === 'oauth' && value instanceof Map ? withoutUnknown(value, schema.OAUTH_KEYS, report) : value;
    if (!OF_ENVIRONMENT.has(key)) entry.set(key, substituteAll(own, [key], env.all, reports));
  }
  for (const [key, value] of env.own) entry.set(key, value);
  if (isNested(entry, context.mainScript)) {
    problems.length = 0;
    report(
      'warning',
      [],
      'the entry starts this gateway again and is left out',
      'Remove it, or set GATEWAY_ALLOW_NESTED to "1" in its env if that is meant',
    );
    return { kind: 'absent', problems, values };
  }

  const description = typeof entry.get('description') === 'string' ? String(entry.get('description')) : undefined;
  const checked = schema.checkServerEntry(entry);
  if (!checked.ok) {
    for (const issue of checked.issues) report('error', issue.path, issue.message, issue.fix, issue.target);
    return { kind: 'broken', broken: broken(name, description, reasons, fixes), problems, values };
  }
  const found = linkOf(checked.value, error, (...about) => report('warning', ...about));
  const { ca } = checked.value;
  const link =
    found?.transport !== 'stdio' && found !== undefined && ca !== undefined
      ? { ...found, ca: resolve(dirname(document.file), ca) }
      : found;
  if (link === undefined || reasons.length > 0) {
    return { kind: 'broken', broken: broken(name, description, reasons, fixes), problems, values };
  }
  const fault = context.looksForPrograms === true && link.transport === 'stdio' ? programFault(link) : undefined;
  if (fault !== undefined) report('warning', [fault.field], fault.message, fault.fix);
  const timeoutMs = checked.value.timeout_ms;
  const validateArguments = checked.value.validate_arguments;
  const life = lifeOf(checked.value);
  const server = { name, key: keyOf(name, link, life), description, timeoutMs, validateArguments, life, link };
  return { kind: 'server', server, problems, values };
}

/** What the client of another program may have in its `oauth` is told and left out. */
function withoutUnknown(
  oauth: ReadonlyMap<unknown, unknown>,
  keys: readonly string[],
  report: (severity: 'warning', at: ConfigPath, message: string, fix: string, target: 'key') => void,
): ReadonlyMap<unknown, unknown> {
  const isKnown = (key: unknown): boolean => keys.includes(String(key));
  for (const key of oauth.keys()) {
    if (isKnown(key)) continue;
    report('warning', ['oauth', String(key)], 'is not known and has no effect', `Known: ${keys.join(', ')}`, 'key');
  }
  return new Map([...oauth].filter(([key]) => isKnown(key)));
}

interface Reports {
  readonly values: NamedValue[];
  /** Whether there was an error. */
  failed(): boolean;
  error(at: ConfigPath, message: string, fix: string): void;
}

const OF_ENVIRONMENT: ReadonlySet<string> = new Set(['env', 'envFile']);

interface EntryEnvironment {
  /** `env`, with the variables of `envFile`, and `envFile` itself, as far as the entry has them; substituted. */
  readonly own: ReadonlyMap<string, unknown>;
  /** What the rest of the entry is substituted with: its own variables first. */
  readonly all: Environment;
}

/** The variables of an entry are made of those of the gateway; everything else in it may use both. */
function environmentOf(entry: ReadonlyMap<unknown, unknown>, gateway: Environment, reports: Reports): EntryEnvironment {
  const own = new Map<string, unknown>();
  for (const key of OF_ENVIRONMENT) {
    if (entry.has(key)) own.set(key, substituteAll(entry.get(key), [key], gateway, reports));
  }
  const file = own.get('envFile');
  const env = own.get('env') ?? new Map();
  // What is of the wrong type is told by the schema.
  if (!(env instanceof Map)) return { own, all: gateway };
  let variables = env;
  if (typeof file === 'string' && !reports.failed()) {
    const path = resolve(cwdHere(), file);
    own.set('envFile', path);
    const read = readEnvFile(path);
    if (!read.ok) reports.error(['envFile'], read.message, 'Correct the path, or remove it');
    else {
      for (const [name, value] of read.variables) reports.values.push({ name, value });
      variables = new Map([...read.variables, ...env]);
      own.set('env', variables);
    }
  }
  const texts = [...variables].filter(([, value]) => typeof value === 'string');
  return { own, all: { ...gateway, ...Object.fromEntries(texts) } };
}

function substituteAll(value: unknown, at: ConfigPath, env: Environment, reports: Reports): unknown {
  if (Array.isArray(value)) return value.map((item, index) => substituteAll(item, [...at, index], env, reports));
  if (value instanceof Map) {
    return new Map([...value].map(([key, member]) => [key, substituteAll(member, [...at, key], env, reports)]));
  }
  if (typeof value !== 'string') return value;
  const result = substitute(value, env);
  reports.values.push(...result.values);
  for (const name of result.missing) {
    const secret = /^secret:(.*)$/.exec(name)?.[1];
    if (secret !== undefined) {
      reports.error(
        at,
        `needs the secret ${secret}, which is not kept here`,
        `Run "agent-mcp-gateway secret set ${secret}"`,
      );
      continue;
    }
    reports.error(
      at,
      `needs the environment variable ${name}, which is not set`,
      `Set ${name} where the gateway starts, or write \${${name}:-default}`,
    );
  }
  for (const reference of result.foreign) {
    const fix =
      FOREIGN_FIXES.find(([begin]) => reference.startsWith(begin))?.[1] ??
      `Write $${reference} if it is meant as it is`;
    reports.error(at, `needs ${quote(reference)}, which stands for nothing here`, fix);
  }
  return result.text;
}

/** What to do about references that only another program can follow. */
const FOREIGN_FIXES: readonly (readonly [begin: string, fix: string])[] = [
  ['$' + '{input:', `Nobody is asked for inputs here: write \${NAME}, and set that variable where the gateway starts`],
];

function isNested(entry: ReadonlyMap<string, unknown>, mainScript: string | undefined): boolean {
  const command = entry.get('command');
  const args = entry.get('args');
  const env = entry.get('env');
  if (typeof command !== 'string' || (env instanceof Map && env.get('GATEWAY_ALLOW_NESTED') === '1')) return false;
  const words = Array.isArray(args) ? args.filter((arg) => typeof arg === 'string') : [];
  return startsGateway(command, words, mainScript);
}

function broken(
  name: string,
  description: string | undefined,
  reasons: readonly string[],
  fixes: readonly string[],
): BrokenServer {
  return { name, description, reason: reasons.join('; '), fix: fixes.join(' ') };
}

/** `"args[1]"`, `"env.API_KEY"`: how a person would point at it. */
function fieldName(at: ConfigPath): string {
  const text = at.map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`));
  return quote(text.join(''));
}

/**
 * Hash over what makes a connection. The name is part of it: two names for the same command are two connections, because
 * most servers keep state that nobody declared shareable.
 */
function keyOf(name: string, link: ServerDefinition['link'], life: ServerLife | undefined): string {
  const content =
    link.transport === 'stdio'
      ? [name, link.transport, link.command, link.args, sorted(link.env), link.cwd ?? null]
      : [name, link.transport, link.url, sorted(link.headers), link.credentials ?? null, link.oauth ?? null];
  return createHash('sha256')
    .update(JSON.stringify([...content, life ?? null]))
    .digest('hex');
}

function sorted(map: ReadonlyMap<string, string>): (readonly [string, string])[] {
  return [...map].sort(([one], [other]) => (one < other ? -1 : 1));
}
