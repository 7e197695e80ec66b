/** The rules file: everything in it must be right (D4), or nothing of it counts. */
import type { AccessList, AgentRules, PolicyRules } from '../policy/rules-data.ts';
import { readPrincipals } from './check-principals.ts';
import type * as Schema from './file-schemas.ts';
import type { ConfigDocument, ConfigPath } from './json-document.ts';
import { toValue } from './json-document.ts';
import { readTerms } from './limit-terms.ts';
import { quote } from './quote-name.ts';
import type { AgentTerms, PrincipalDefinition, Problem } from './snapshot.ts';

export interface ReadRules {
  /** Undefined where `problems` has an error. */
  readonly rules: PolicyRules | undefined;
  readonly agentTerms: ReadonlyMap<string, AgentTerms>;
  readonly principals: ReadonlyMap<string, PrincipalDefinition> | undefined;
  readonly search: Schema.RulesFile['search'];
  readonly approvals: Schema.RulesFile['approvals'];
  readonly problems: readonly Problem[];
}

/** Reads the rules. Never throws. */
export function readRules(document: ConfigDocument, schema: typeof Schema): ReadRules {
  const checked = schema.checkRules(toValue(document.root));
  if (!checked.ok) {
    const problems = checked.issues.map((issue) =>
      problemAt(document, 'error', issue.path, `${pathName(issue.path)} ${issue.message}`, issue.fix, issue.target),
    );
    const nothing = { rules: undefined, principals: undefined, search: undefined, approvals: undefined };
    return { ...nothing, agentTerms: new Map(), problems };
  }
  const file = checked.value;
  const problems: Problem[] = [];
  const principals = file.principals && readPrincipals(file.principals, [...file.agents.keys()], document, problems);
  const rules: PolicyRules = {
    agents: record([...file.agents].map(([name, agent]) => [name, agentRules(agent)])),
    ...(file.defaults === undefined ? {} : { defaults: file.defaults }),
  };
  if (file.agents.get(DEFAULT_AGENT)?.enforce !== undefined) problems.push(defaultInShadow(document));
  const good = problems.every((problem) => problem.severity !== 'error');
  const agentTerms = readTerms(file.agents);
  const { search, approvals } = file;
  return { rules: good ? rules : undefined, agentTerms, principals, search, approvals, problems };
}

/** The agent of calls that name none. */
const DEFAULT_AGENT = 'default';

function defaultInShadow(document: ConfigDocument): Problem {
  const path = ['agents', DEFAULT_AGENT, 'enforce'];
  const why = 'calls that name no agent use this one, so everything would be allowed to everybody';
  const message = `${pathName(path)} cannot be "shadow": ${why}`;
  return problemAt(document, 'error', path, message, 'Remove it, or give the agent to observe a name of its own');
}

type FileAgent = Schema.RulesFile['agents'] extends Map<string, infer A> ? A : never;
type FileAccess = NonNullable<FileAgent['allow']>;

function agentRules(agent: FileAgent): AgentRules {
  return {
    ...(agent.allow === undefined ? {} : { allow: accessList(agent.allow) }),
    ...(agent.ask === undefined ? {} : { ask: accessList(agent.ask) }),
    ...(agent.deny === undefined ? {} : { deny: accessList(agent.deny) }),
    ...(agent.enforce === 'shadow' ? { enforce: agent.enforce } : {}),
  };
}

function accessList(access: FileAccess): AccessList {
  return {
    ...(access.servers === undefined ? {} : { servers: access.servers }),
    ...(access.tools === undefined ? {} : { tools: record(access.tools) }),
    ...(access.prompts === undefined ? {} : { prompts: record(access.prompts) }),
    ...(access.resources === undefined ? {} : { resources: record(access.resources) }),
  };
}

/** No prototype: an agent may be called `__proto__` or `constructor`. */
function record<T>(entries: Iterable<readonly [string, T]>): Readonly<Record<string, T>> {
  const object: Record<string, T> = Object.create(null);
  for (const [name, value] of entries) object[name] = value;
  return object;
}

/** A problem at a path of a document. */
export function problemAt(
  document: ConfigDocument,
  severity: Problem['severity'],
  path: ConfigPath,
  message: string,
  fix: string,
  target: 'key' | 'value' = 'value',
): Problem {
  return { severity, file: document.file, ...document.place(path, target), message, fix };
}

/** `"agents.backend.deny.tools.postgres[0]"`: the way audit and `policy explain` name a rule. */
export function pathName(path: ConfigPath): string {
  if (path.length === 0) return 'The file';
  const text = path.map((step, at) => (typeof step === 'number' ? `[${step}]` : at === 0 ? step : `.${step}`));
  return quote(text.join(''), 200);
}
