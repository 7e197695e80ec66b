/** Reads what the commands about rules need: the files, and what is known of the servers. Nothing is started. */
import { join } from 'node:path';
import { listedAccess } from '../catalog/last-listed-definitions.ts';
import { listedTools } from '../catalog/last-listed-names.ts';
import { type FileContent, readConfigFile } from '../config/config-files.ts';
import { type ConfigDocument, parseDocument } from '../config/json-document.ts';
import { loadReaders, loadVirtual } from '../config/load-schemas.ts';
import { formatProblem, readContents } from '../config/load-snapshot.ts';
import { locateConfig } from '../config/locate-files.ts';
import { serversIn } from '../config/other-clients.ts';
import { type ReadRules, readRules } from '../config/rules-file.ts';
import { readServers } from '../config/servers-file.ts';
import type { Settings } from '../config/settings.ts';
import type { Problem } from '../config/snapshot.ts';
import type { VirtualServer } from '../config/virtual/virtual-server.ts';
import type { ToolsByServer } from '../policy/authoring/changed-decisions.ts';
import { flowRulesOf } from '../policy/authoring/flow-outcomes.ts';
import { knowingAccess } from '../policy/authoring/knowing-access.ts';
import { compile, type ExplainablePolicy, type Policy } from '../policy/compile-rules.ts';
import { isLiteralPattern } from '../policy/pattern.ts';
import type { PolicyRules } from '../policy/rules-data.ts';
import { withVirtualServers } from '../policy/virtual-names.ts';
import { GatewayError } from '../shared/errors.ts';
import { say } from './output.ts';

interface Files {
  readonly rules: FileContent;
  /** Undefined where nobody said which servers file goes with the rules. */
  readonly servers: FileContent | undefined;
}

/** @throws GatewayError CONFIG_NOT_FOUND, CONFIG_INVALID */
export async function readFiles(settings: Settings): Promise<Files> {
  const { rules, mcpConfig } = settings;
  if (rules !== undefined) {
    return {
      rules: await readConfigFile(rules.path),
      servers: mcpConfig === undefined ? undefined : await readConfigFile(mcpConfig.path),
    };
  }
  const location = await locateConfig(settings);
  for (const note of location.notes) say(note);
  return readContents(location, settings);
}

/** @throws GatewayError CONFIG_INVALID */
export function parseFile(content: FileContent): ConfigDocument {
  if (!content.ok) return refuse([content.problem]);
  const parsed = parseDocument(content.path, content.bytes);
  return parsed.ok ? parsed.document : refuse(parsed.problems);
}

/** @throws GatewayError CONFIG_INVALID */
export async function rulesOf(document: ConfigDocument): Promise<PolicyRules> {
  return (await rulesAndTermsOf(document)).rules;
}

/** @throws GatewayError CONFIG_INVALID */
export async function rulesAndTermsOf(
  document: ConfigDocument,
): Promise<{ readonly rules: PolicyRules } & Pick<ReadRules, 'agentTerms'>> {
  const { schema, expressions } = await loadReaders(document);
  const { rules, agentTerms, problems } = readRules(document, schema, expressions);
  return { rules: rules ?? refuse(problems), agentTerms };
}

/** Names in a servers file; undefined where it cannot be read, which is for `validate` to say. */
export function serverNames(content: FileContent): ReadonlySet<string> | undefined {
  const parsed = content.ok ? parseDocument(content.path, content.bytes) : undefined;
  const servers = parsed?.ok ? serversIn(parsed.document.root) : undefined;
  return servers && new Set(servers.map.members.keys());
}

export function refuse(problems: readonly Problem[]): never {
  const errors = problems.filter(({ severity }) => severity === 'error').map(formatProblem);
  throw new GatewayError('CONFIG_INVALID', ['Nothing was decided, because of errors:', ...errors].join('\n'));
}

/**
 * The configured servers with the tools that they listed last.
 * @param isLive starts the servers and asks them.
 * @param note told of servers of which nothing is known
 * @throws GatewayError CONFIG_NOT_FOUND, CONFIG_INVALID
 */
export async function knownTools(
  settings: Settings,
  rules: readonly PolicyRules[],
  isLive: boolean,
  note: (line: string) => void = say,
): Promise<ToolsByServer> {
  if (isLive) return (await import('./live-tools.ts')).liveTools(settings);
  const listed = await listedTools(join(settings.cacheDir, 'definitions'));
  const content = await configuredFile(settings);
  const servers = (content && namesIn(content)) ?? [...new Set([...listed.keys(), ...rules.flatMap(namedServers)])];
  const virtual = await virtualServers(content);
  const toolsOf = (server: string): readonly string[] | undefined => {
    const group = virtual.get(server);
    if (group === undefined) return listed.get(server);
    return group.servers.flatMap((one) => (listed.get(one) ?? []).flatMap((tool) => group.shownAs(one, tool) ?? []));
  };
  const tools = new Map([...servers].sort().map((server) => [server, toolsOf(server)]));
  const unknown = [...tools].flatMap(([server, names]) => (names === undefined ? [server] : []));
  if (unknown.length > 0) {
    note(
      `Note: nothing is known of the tools of ${unknown.join(', ')}: "agent-mcp-gateway warm" lists them once, --live each time.`,
    );
  }
  return tools;
}

/** The same policy, with what is known of virtual servers and of the access of tools. */
/** The rules over combinations alone, also under the names of virtual servers. */
export async function flowPolicy(settings: Settings, rules: PolicyRules): Promise<Policy> {
  return withVirtualServers(compile(flowRulesOf(rules)), await virtualServers(await configuredFile(settings)));
}

export async function withKnownAccess(settings: Settings, policy: ExplainablePolicy): Promise<Policy> {
  const virtual = await virtualServers(await configuredFile(settings));
  const said = await listedAccess(join(settings.cacheDir, 'lists'));
  return knowingAccess(withVirtualServers(policy, virtual), (server, tool) => {
    const original = virtual.get(server)?.originalOf(tool);
    return said(original?.server ?? server, original?.name ?? tool);
  });
}

/** The virtual servers of a servers file, as far as it can be read. */
async function virtualServers(content: FileContent | undefined): Promise<ReadonlyMap<string, VirtualServer>> {
  const parsed = content?.ok === true ? parseDocument(content.path, content.bytes) : undefined;
  const virtual = parsed?.ok === true ? await loadVirtual(parsed.document) : undefined;
  if (parsed?.ok !== true || virtual === undefined) return new Map();
  const schema = await import('../config/file-schemas.ts');
  return readServers(parsed.document, { env: {}, schema, mainScript: undefined, virtual }).virtual;
}

/** The servers file; undefined where nobody says which it is. */
async function configuredFile(settings: Settings): Promise<FileContent | undefined> {
  const named = settings.mcpConfig?.path ?? (await locateConfig(settings).catch(noServers))?.servers.path;
  if (named === undefined) return undefined;
  return readConfigFile(named);
}

/** @throws GatewayError CONFIG_INVALID */
function namesIn(content: FileContent): ReadonlySet<string> {
  return serverNames(content) ?? (content.ok ? refuse(problemsIn(content)) : refuse([content.problem]));
}

function problemsIn(content: FileContent & { readonly ok: true }): readonly Problem[] {
  const parsed = parseDocument(content.path, content.bytes);
  if (!parsed.ok) return parsed.problems;
  const message = 'The file has no servers';
  return [{ severity: 'error', file: content.path, line: 1, column: 1, message, fix: 'Add "mcpServers": { }' }];
}

/** Rules may be looked at where no server is configured. */
function noServers(error: unknown): undefined {
  if (error instanceof GatewayError && error.code === 'CONFIG_NOT_FOUND') return undefined;
  throw error;
}

/** Servers that rules name. */
function namedServers({ agents }: PolicyRules): string[] {
  return Object.values(agents).flatMap(({ allow, ask, deny }) =>
    [allow, ask, deny].flatMap((list) =>
      [...(list?.servers ?? []), ...Object.keys(list?.tools ?? {}), ...Object.keys(list?.access ?? {})].filter(
        isLiteralPattern,
      ),
    ),
  );
}
