/** Both files -> one snapshot, or nothing at all. */
import { dirname } from 'node:path';
import process from 'node:process';
import { escapeText } from '../observe/escape-text.ts';
import { compile } from '../policy/compile-rules.ts';
import { withVirtualServers } from '../policy/virtual-names.ts';
import { GatewayError } from '../shared/errors.ts';
import { readApprovals } from './approval-terms.ts';
import { type FileContent, readConfigFile, sha256 } from './config-files.ts';
import { withDefinitionModes } from './definition-modes.ts';
import { tighten } from './file-rights.ts';
import { flowWarnings } from './flow-warnings.ts';
import { parseDocument } from './json-document.ts';
import { collectSecrets } from './known-secrets.ts';
import { readLoopBreaker } from './limit-terms.ts';
import { loadOpenApi, loadOverrides, loadReaders, loadVirtual } from './load-schemas.ts';
import { type ConfigLocation, type LocatedFile, locateConfig } from './locate-files.ts';
import type { ListedOffers } from './overrides/override-warnings.ts';
import { quote } from './quote-name.ts';
import { withResultTerms } from './result-terms.ts';
import { approvedWarnings, lintProblems, shadowWarnings, unknownServers, viewWarnings } from './rule-warnings.ts';
import { readRules } from './rules-file.ts';
import { readSearch } from './search-terms.ts';
import type { EntryContext } from './server-entry.ts';
import { type ReadServers, readServers } from './servers-file.ts';
import type { Settings } from './settings.ts';
import type { Problem, ServerDefinition, Snapshot } from './snapshot.ts';
import type { Environment } from './substitute.ts';
import { readTrusted, trustOf } from './trusted-files.ts';

/** The bytes of both files, read once: what is checked for trust is what is used. */
export interface ConfigContents {
  readonly servers: FileContent;
  readonly rules: FileContent;
}

export interface CheckedConfig {
  /** Undefined where an error stops the start or the reload. */
  readonly snapshot: Snapshot | undefined;
  /** Everything found: what stops the start, servers that are off (D12), warnings. By file, then by line. */
  readonly problems: readonly Problem[];
}

/** Reads both files; one in the working directory only with the content that is trusted (D13). Never throws. */
export async function readContents(
  location: ConfigLocation,
  settings: ReadSettings,
  env: Environment = process.env,
): Promise<ConfigContents> {
  const { configDir } = settings;
  const read = async (file: LocatedFile): Promise<FileContent> => {
    const found = await tighten(file.path, configDir);
    const read = await readConfigFile(file.path);
    const error = found.find(({ severity }) => severity === 'error');
    if (read.ok && error !== undefined) return { ok: false, path: file.path, problem: error };
    const content = read.ok && found.length > 0 ? { ...read, warnings: found } : read;
    if (!content.ok || !file.needsTrust) return content;
    const trusted = await readTrusted(configDir).catch((): [] => []);
    if (trustOf(trusted, file.path, content.sha256) === 'trusted') {
      const scripts = trusted.find(({ path }) => path === file.path)?.scripts ?? [];
      return { ...content, trusted: { folder: file.folder ?? dirname(file.path), scripts } };
    }
    return {
      ok: false,
      path: file.path,
      problem: {
        severity: 'error',
        file: file.path,
        line: 1,
        column: 1,
        message: 'The file is in the working directory and changed since it was trusted',
        fix: 'Look at it, then run "agent-mcp-gateway trust" there',
      },
    };
  };
  const readAll = async (file: LocatedFile): Promise<FileContent> => withSecrets(await read(file), settings);
  const [servers, rules] = await Promise.all([readAll(location.servers), readAll(location.rules)]);
  return { servers: await withDocuments(servers, env), rules };
}

/** The documents of APIs are read with the file that names them. */
async function withDocuments(content: FileContent, env: Environment): Promise<FileContent> {
  if (!content.ok || !content.bytes.includes('"openapi"')) return content;
  const { documentDigests } = await import('./openapi-documents.ts');
  return { ...content, documents: await documentDigests(content, env) };
}

type ReadSettings = Pick<Settings, 'configDir' | 'secretKey' | 'keychain'>;

/** The secrets that a file names are read with it. Never throws: what cannot be read is a warning, and missing. */
async function withSecrets(content: FileContent, settings: ReadSettings): Promise<FileContent> {
  if (!content.ok || !content.bytes.includes('${secret:')) return content;
  const names = [...content.bytes.toString('utf8').matchAll(/\$\{secret:([^}]*)\}/g)].map(([, name = '']) => name);
  const { openSecretFiles } = await import('./secret-files.ts');
  try {
    return { ...content, secrets: await openSecretFiles(settings).read([...new Set(names)]) };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const warning: Problem = {
      severity: 'warning',
      file: content.path,
      line: 1,
      column: 1,
      message: error.message.replace(/\.$/, ''),
      fix: 'Servers that need a secret are off until then',
    };
    return { ...content, warnings: [...(content.warnings ?? []), warning] };
  }
}

/** Hash of both contents: the `version` of a snapshot. */
export function versionOf(contents: ConfigContents): string {
  return sha256(`${contentDigest(contents.servers)}\n${contentDigest(contents.rules)}`);
}

/** Tells contents apart, unreadable ones by the reason. */
export function contentDigest(content: FileContent): string {
  if (!content.ok) return `unreadable: ${content.problem.message}`;
  const scripts = content.trusted?.scripts ?? [];
  const parts = [
    ...scripts.map((script) => JSON.stringify(script)),
    ...[...(content.secrets ?? [])].map(([name, value]) => `${name} ${sha256(value)}`),
    ...[...(content.documents ?? [])].map(([path, digest]) => `${path} ${digest}`),
  ];
  return parts.length === 0 ? content.sha256 : `${content.sha256} ${parts.join(' ')}`;
}

/** The values of variables: the environment, and the secrets under names that no variable has. */
function variablesOf(env: Environment, { servers, rules }: ConfigContents): Environment {
  const secrets = [servers, rules].flatMap((content) => (content.ok ? [...(content.secrets ?? [])] : []));
  if (secrets.length === 0) return env;
  return { ...env, ...Object.fromEntries(secrets.map(([name, value]) => [`secret:${name}`, value])) };
}

interface CheckTerms extends Partial<Pick<EntryContext, 'mainScript' | 'looksForPrograms'>> {
  /** The definitions of tools by server and name, where they are known: then whatever speaks of other tools and arguments is warned of. */
  readonly listed?: ReadonlyMap<string, ReadonlyMap<string, string>> | undefined;
  /** The same of prompts, resources and templates. */
  readonly offers?: ListedOffers | undefined;
  /** `--code`. */
  readonly code?: boolean;
}

/** Checks both files completely. Never throws for what is in them. */
export async function checkConfig(
  contents: ConfigContents,
  env: Environment,
  { mainScript = process.argv[1], looksForPrograms, listed, offers, code = false }: CheckTerms = {},
): Promise<CheckedConfig> {
  // Loaded when it is needed: zod is the heaviest part of a start.
  const schema = await import('./file-schemas.ts');
  const problems: Problem[] = [];
  const serversDocument = parse(contents.servers, problems);
  const rulesDocument = parse(contents.rules, problems);

  const own = variablesOf(env, contents);
  const overrides = serversDocument && (await loadOverrides(serversDocument));
  const virtual = serversDocument && (await loadVirtual(serversDocument));
  const openApi = serversDocument && (await loadOpenApi(serversDocument));
  const documents = contents.servers.ok ? contents.servers.documents : undefined;
  const context = { env: own, schema, mainScript, looksForPrograms, overrides, virtual, openApi, documents };
  const read = serversDocument && readServers(serversDocument, context);
  const servers = read && (await withScripts(read, contents.servers));
  const expressions = rulesDocument && (await loadReaders(rulesDocument)).expressions;
  const rules = rulesDocument && readRules(rulesDocument, schema, expressions);
  problems.push(...(servers?.problems ?? []), ...(rules?.problems ?? []));
  if (rulesDocument !== undefined && rules?.rules !== undefined) {
    problems.push(...lintProblems(rulesDocument, rules.rules), ...shadowWarnings(rulesDocument, rules.rules));
    problems.push(...viewWarnings(rulesDocument, rules.agentTerms), ...approvedWarnings(rulesDocument, rules.rules));
    problems.push(...flowWarnings(rulesDocument, rules.rules));
  }
  const search = rulesDocument && readSearch(rules?.search, own, rulesDocument, problems);
  const approvals = rulesDocument && readApprovals(rules?.approvals, own, rulesDocument, problems);
  if (servers !== undefined && !servers.fatal && rulesDocument !== undefined && rules?.rules !== undefined) {
    problems.push(...unknownServers(rulesDocument, rules, servers.names));
    if (listed !== undefined && serversDocument !== undefined) {
      const { callWarnings } = await import('./call-warnings.ts');
      const { overrideWarnings, knownSchemas } = await import('./overrides/override-warnings.ts');
      problems.push(...overrideWarnings(serversDocument, servers.servers, listed, offers));
      const { virtualWarnings } = await import('./virtual/virtual-warnings.ts');
      const known = knownSchemas(servers.servers, listed);
      problems.push(...callWarnings(rulesDocument, rules.rules, known));
      problems.push(...virtualWarnings(serversDocument, servers.virtual, known));
    }
  }
  sortProblems(problems, contents.servers.path);
  const complete = servers !== undefined && !servers.fatal && search !== undefined && approvals !== undefined;
  if (!complete || rules?.rules === undefined) return { snapshot: undefined, problems };

  const usualBreaker = readLoopBreaker(rules.loopBreaker);
  const snapshot: Snapshot = {
    version: versionOf(contents),
    paths: { servers: contents.servers.path, rules: contents.rules.path },
    servers: withResultTerms(withDefinitionModes(servers.servers, rules.definitions), rules.results),
    broken: servers.broken,
    virtual: servers.virtual.size === 0 ? undefined : servers.virtual,
    policy: withVirtualServers(compile(rules.rules), servers.virtual),
    denyOnMissingAgent: rules.rules.defaults?.deny_on_missing_agent ?? false,
    explainDenials: rules.rules.defaults?.explain_denials ?? false,
    loopBreaker: usualBreaker === 'off' ? undefined : usualBreaker,
    agentTerms: rules.agentTerms,
    code,
    principals: rules.principals,
    search,
    approvals,
    warnings: problems.filter((problem) => problem.severity === 'warning'),
    secrets: collectSecrets(servers.servers.values(), servers.values, search.embeddings, approvals.webhook),
  };
  return { snapshot, problems };
}

/** The servers of a file that needs trust know the scripts that were trusted with it; a changed one is an error of the file. */
async function withScripts(read: ReadServers, content: FileContent): Promise<ReadServers> {
  const trusted = content.ok ? content.trusted : undefined;
  if (trusted === undefined) return read;
  const { changedScript, scriptsOf } = await import('./script-files.ts');
  const servers = new Map<string, ServerDefinition>();
  const problems = [...read.problems];
  for (const [name, server] of read.servers) {
    const { link } = server;
    const scripts = await scriptsOf(link, trusted.folder);
    const changed = changedScript(scripts, trusted);
    if (changed !== undefined) problems.push(scriptProblem(content.path, name, changed));
    const key = scripts.length === 0 ? server.key : sha256(`${server.key} ${JSON.stringify(scripts)}`);
    servers.set(name, { ...server, key, link: link.transport === 'stdio' ? { ...link, trusted } : link });
  }
  return { ...read, servers, problems, fatal: read.fatal || problems.length > read.problems.length };
}

function scriptProblem(file: string, server: string, script: string): Problem {
  return {
    severity: 'error',
    file,
    line: 1,
    column: 1,
    message: `${quote(script)}, which server ${quote(server)} uses, changed since this file was trusted`,
    fix: 'Look at it, then run "agent-mcp-gateway trust" there',
  };
}

function parse(content: FileContent, problems: Problem[]) {
  if (!content.ok) {
    problems.push(content.problem);
    return undefined;
  }
  problems.push(...(content.warnings ?? []));
  const parsed = parseDocument(content.path, content.bytes);
  if (parsed.ok) return parsed.document;
  problems.push(...parsed.problems);
  return undefined;
}

function sortProblems(problems: Problem[], first: string): void {
  const rank = (problem: Problem): number => (problem.file === first ? 0 : 1);
  problems.sort((one, other) => rank(one) - rank(other) || one.line - other.line || one.column - other.column);
}

/** `file:line:column message - fix`, the form that editors and terminals make clickable. */
export function formatProblem(problem: Problem): string {
  return `${escapeText(problem.file)}:${problem.line}:${problem.column} ${problem.message} - ${problem.fix}`;
}

/** CONFIG_INVALID with every error on a line of its own; `data.problems` has them all. */
export function configError(problems: readonly Problem[]): GatewayError {
  const errors = problems.filter((problem) => problem.severity === 'error' && problem.serverOff !== true);
  const lines = ['The configuration has errors and is not used:', ...errors.map(formatProblem)];
  return new GatewayError('CONFIG_INVALID', lines.join('\n'), { data: { problems } });
}

/**
 * Finds, reads and checks both files. `problems` has what does not stop the start: servers that are off, and warnings.
 * @throws GatewayError CONFIG_NOT_FOUND, or CONFIG_INVALID listing every error as `file:line:column message - fix`.
 */
export async function loadSnapshot(
  settings: Settings,
  env: Environment,
  location?: ConfigLocation,
): Promise<{ readonly snapshot: Snapshot; readonly problems: readonly Problem[]; readonly location: ConfigLocation }> {
  const found = location ?? (await locateConfig(settings));
  const checked = await checkConfig(await readContents(found, settings), env, { code: settings.code });
  if (checked.snapshot === undefined) throw configError(checked.problems);
  return { snapshot: checked.snapshot, problems: checked.problems, location: found };
}
