/** One entry of the servers file -> a definition, or the reasons why this server is off (D12). */
import { dirname, resolve } from 'node:path';
import { cwdHere } from '../shared/standard-folders.ts';
import { programFault } from './check-program.ts';
import { keyOf } from './connection-key.ts';
import { lifeOf } from './connection-life.ts';
import { EntryFindings, type NamedValue } from './entry-findings.ts';
import { readEnvFile } from './env-file.ts';
import type * as Schema from './file-schemas.ts';
import type { ConfigDocument, ConfigNode, ConfigPath } from './json-document.ts';
import { toValue } from './json-document.ts';
import { launchDigest } from './launch-digest.ts';
import { startsGateway } from './nested-gateway.ts';
import type * as ReadOpenApi from './openapi-entry.ts';
import { translate } from './other-clients.ts';
import type * as ReadOverrides from './overrides/read-overrides.ts';
import { quote } from './quote-name.ts';
import { httpLink, linkOf } from './server-address.ts';
import type { BrokenServer, Problem, ServerDefinition } from './snapshot.ts';
import { type Environment, substitute } from './substitute.ts';
import type * as ReadVirtual from './virtual/read-virtual.ts';

export interface EntryContext {
  readonly document: ConfigDocument;
  readonly env: Environment;
  readonly schema: typeof Schema;
  /** Script of this process, to recognise entries that would start it. */
  readonly mainScript: string | undefined;
  /** True if to say which programs will not start: that is so on this machine and now, and no fault of the file. */
  readonly looksForPrograms?: boolean | undefined;
  /** Reads what entries say about how tools appear; undefined where none does, so that nobody loads it. */
  readonly overrides?: typeof ReadOverrides | undefined;
  /** Reads entries that group tools of others; undefined where none does. */
  readonly virtual?: typeof ReadVirtual | undefined;
  /** Reads entries that are APIs; undefined where none is. */
  readonly openApi?: typeof ReadOpenApi | undefined;
  /** Digests of the documents of APIs, by whole path. */
  readonly documents?: ReadonlyMap<string, string> | undefined;
}

type EntryResult = { readonly problems: readonly Problem[]; readonly values: readonly NamedValue[] } & (
  | { readonly kind: 'server'; readonly server: ServerDefinition }
  | { readonly kind: 'broken'; readonly broken: BrokenServer }
  /** Switched off by its owner, or the gateway itself. */
  | { readonly kind: 'absent' }
);

const LONGEST_NAME = 256;

/** Reads the entry `name` at `path`. Never throws: what is wrong disables this server and is in `problems`. */
export function readEntry(name: string, path: ConfigPath, node: ConfigNode, context: EntryContext): EntryResult {
  const findings = new EntryFindings(name, path, context.document);
  const outcome = definitionOf(name, node, context, findings);
  const { problems, values } = findings;
  if (outcome === undefined) return { kind: 'broken', broken: findings.broken(), problems, values };
  if (outcome === 'absent') return { kind: 'absent', problems, values };
  return { kind: 'server', server: outcome, problems, values };
}

/** @returns undefined where there were errors. */
function definitionOf(
  name: string,
  node: ConfigNode,
  context: EntryContext,
  findings: EntryFindings,
): ServerDefinition | 'absent' | undefined {
  if (name === '' || name.length > LONGEST_NAME) {
    const fix = `Give it a name of 1 to ${LONGEST_NAME} characters`;
    findings.error([], `the name has ${name.length} characters`, fix);
  }
  const raw = toValue(node);
  if (!(raw instanceof Map)) {
    findings.error([], 'the entry must be an object in { }', 'Write { "command": ... } or { "url": ... }');
    return undefined;
  }
  const translated = translate(raw);
  if (raw.get('disabled') === true || translated.entry.get('enabled') === false) return 'absent';
  for (const { key, message, fix } of translated.contradictions) findings.error([key], message, fix);
  const { entry, env } = substituteEntry(translated.entry, context, findings);
  if (isNested(entry, context.mainScript)) {
    findings.problems.length = 0;
    const fix = 'Remove it, or set GATEWAY_ALLOW_NESTED to "1" in its env if that is meant';
    findings.warn([], 'the entry starts this gateway again and is left out', fix);
    return 'absent';
  }
  const description = entry.get('description');
  if (typeof description === 'string') findings.description = description;
  const checked = context.schema.checkServerEntry(entry);
  if (!checked.ok) {
    for (const issue of checked.issues) findings.error(issue.path, issue.message, issue.fix, issue.target);
    return undefined;
  }
  const link = linkWithFiles(checked.value, context, findings);
  const overrides = overridesOf(entry, env, context, findings);
  if (link === undefined || findings.haveErrors) return undefined;
  const fault = context.looksForPrograms === true && link.transport === 'stdio' ? programFault(link) : undefined;
  if (fault !== undefined) findings.warn([fault.field], fault.message, fault.fix);
  const { timeout_ms: timeoutMs, validate_arguments: validateArguments } = checked.value;
  const life = lifeOf(checked.value);
  const key = keyOf(name, link, life);
  const launch = launchDigest(translated.entry, context.openApi?.launchTerms);
  return { name, key, launch, description: findings.description, timeoutMs, validateArguments, life, link, overrides };
}

function overridesOf(
  entry: ReadonlyMap<string, unknown>,
  env: Environment,
  { overrides }: EntryContext,
  findings: EntryFindings,
): ServerDefinition['overrides'] {
  if (overrides === undefined) return undefined;
  const all = { ...env, ...overrides.CALL_VARIABLES };
  const own = new Set<string>(Object.keys(overrides.CALL_VARIABLES));
  const before = findings.values.length;
  const read = overrides.readOverrides(entry, {
    findings,
    substituted: (value, at) => substituteAll(value, at, all, findings),
  });
  const values = findings.values.splice(before);
  findings.values.push(...values.filter(({ name }) => !own.has(name)));
  return read;
}

/** The entry with its variables replaced, without what is not known. */
function substituteEntry(
  translated: ReadonlyMap<unknown, unknown>,
  { schema, env: gatewayEnv }: EntryContext,
  findings: EntryFindings,
): { readonly entry: Map<string, unknown>; readonly env: Environment } {
  const env = environmentOf(translated, gatewayEnv, findings);
  const entry = new Map<string, unknown>();
  for (const [name, value] of translated) {
    const key = String(name);
    if (!schema.SERVER_KEYS.includes(key)) {
      const fix = 'Remove it if it was meant for this gateway';
      findings.warn([key], 'is not a known key and has no effect', fix, 'key');
      continue;
    }
    if (AS_WRITTEN.has(key)) {
      // Other clients have lists of tools here.
      if (value instanceof Map) entry.set(key, value);
      else
        findings.warn(
          [key],
          'is no object, and has no effect',
          'Write { "NAME": { ... } } to say how one appears',
          'key',
        );
      continue;
    }
    const own = key === 'oauth' && value instanceof Map ? withoutUnknown(value, schema.OAUTH_KEYS, findings) : value;
    if (!OF_ENVIRONMENT.has(key)) entry.set(key, substituteAll(own, [key], env.all, findings));
  }
  for (const [key, value] of env.own) entry.set(key, value);
  return { entry, env: env.all };
}

/** The address of the server. Paths of files are taken from the folder of the servers file. */
function linkWithFiles(
  entry: Parameters<typeof linkOf>[0] & { readonly openapi?: unknown },
  { document, documents, openApi }: EntryContext,
  findings: EntryFindings,
): ServerDefinition['link'] | undefined {
  const error = (...about: Parameters<EntryFindings['error']>): void => findings.error(...about);
  const warn = (...about: Parameters<EntryFindings['warn']>): void => findings.warn(...about);
  const link =
    entry.openapi === undefined || openApi === undefined
      ? linkOf(entry, error, warn)
      : openApi.apiLinkOf(entry.openapi, entry, { file: document.file, documents, error, warn }, (url) =>
          httpLink(url, 'openapi', entry, error, warn),
        );
  if (link === undefined || link.transport === 'stdio') return link;
  const from = dirname(document.file);
  const { oauth } = link;
  const file = oauth?.assertion !== undefined && 'file' in oauth.assertion ? oauth.assertion.file : undefined;
  return {
    ...link,
    ...(entry.ca === undefined ? {} : { ca: resolve(from, entry.ca) }),
    ...(oauth === undefined || file === undefined
      ? {}
      : { oauth: { ...oauth, assertion: { file: resolve(from, file) } } }),
  };
}

/** Leaves out what other programs know in `oauth`, and says so. */
function withoutUnknown(
  oauth: ReadonlyMap<unknown, unknown>,
  keys: readonly string[],
  findings: EntryFindings,
): ReadonlyMap<unknown, unknown> {
  const isKnown = (key: unknown): boolean => keys.includes(String(key));
  for (const key of oauth.keys()) {
    if (isKnown(key)) continue;
    findings.warn(['oauth', String(key)], 'is not known and has no effect', `Known: ${keys.join(', ')}`, 'key');
  }
  return new Map([...oauth].filter(([key]) => isKnown(key)));
}

/** Texts for agents, in which a dollar sign is one: variables are replaced in values of arguments alone. */
const AS_WRITTEN: ReadonlySet<string> = new Set(['tools', 'prompts', 'resources']);
const OF_ENVIRONMENT: ReadonlySet<string> = new Set(['env', 'envFile']);

interface EntryEnvironment {
  /** `env`, with the variables of `envFile`, and `envFile` itself, as far as the entry has them; substituted. */
  readonly own: ReadonlyMap<string, unknown>;
  /** The environment for the rest of the entry: its own variables first. */
  readonly all: Environment;
}

/** The variables of an entry are made of those of the gateway; everything else in it may use both. */
function environmentOf(
  entry: ReadonlyMap<unknown, unknown>,
  gateway: Environment,
  findings: EntryFindings,
): EntryEnvironment {
  const own = new Map<string, unknown>();
  for (const key of OF_ENVIRONMENT) {
    if (entry.has(key)) own.set(key, substituteAll(entry.get(key), [key], gateway, findings));
  }
  const file = own.get('envFile');
  const env = own.get('env') ?? new Map();
  // The schema reports values of the wrong type.
  if (!(env instanceof Map)) return { own, all: gateway };
  let variables = env;
  if (typeof file === 'string' && !findings.haveErrors) {
    const path = resolve(cwdHere(), file);
    own.set('envFile', path);
    const read = readEnvFile(path);
    if (!read.ok) findings.error(['envFile'], read.message, 'Correct the path, or remove it');
    else {
      for (const [name, value] of read.variables) findings.values.push({ name, value });
      variables = new Map([...read.variables, ...env]);
      own.set('env', variables);
    }
  }
  const texts = [...variables].filter(([, value]) => typeof value === 'string');
  return { own, all: { ...gateway, ...Object.fromEntries(texts) } };
}

function substituteAll(value: unknown, at: ConfigPath, env: Environment, findings: EntryFindings): unknown {
  if (Array.isArray(value)) return value.map((item, index) => substituteAll(item, [...at, index], env, findings));
  if (value instanceof Map) {
    return new Map([...value].map(([key, member]) => [key, substituteAll(member, [...at, key], env, findings)]));
  }
  if (typeof value !== 'string') return value;
  const result = substitute(value, env);
  findings.values.push(...result.values);
  for (const name of result.missing) {
    const secret = /^secret:(.*)$/.exec(name)?.[1];
    if (secret !== undefined) {
      findings.error(
        at,
        `needs the secret ${secret}, which is not kept here`,
        `Run "agent-mcp-gateway secret set ${secret}"`,
      );
      continue;
    }
    findings.error(
      at,
      `needs the environment variable ${name}, which is not set`,
      `Set ${name} where the gateway starts, or write \${${name}:-default}`,
    );
  }
  for (const reference of result.foreign) {
    const fix =
      FOREIGN_FIXES.find(([begin]) => reference.startsWith(begin))?.[1] ??
      `Write $${reference} if it is meant as it is`;
    findings.error(at, `needs ${quote(reference)}, which stands for nothing here`, fix);
  }
  return result.text;
}

/** The advice about references that only another program can follow. */
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
