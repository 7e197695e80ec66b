/** The rules file: everything in it must be right (D4), or nothing of it counts. */
import { escapeText } from '../observe/escape-text.ts';
import type * as Expressions from '../policy/arguments/cel.ts';
import type { AccessList, AgentRules, PolicyRules, ToolMap, ToolRule } from '../policy/rules-data.ts';
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
  readonly definitions: Schema.RulesFile['definitions'];
  readonly results?: Schema.RulesFile['results'];
  readonly loopBreaker?: boolean | number | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Reads the rules. Never throws.
 * @param expressions what reads those of `when`, where there may be one (load-schemas.ts)
 */
export function readRules(
  document: ConfigDocument,
  schema: typeof Schema,
  expressions?: Pick<typeof Expressions, 'compileExpression'>,
): ReadRules {
  const checked = schema.checkRules(toValue(document.root));
  if (!checked.ok) {
    const problems = checked.issues.map((issue) =>
      problemAt(document, 'error', issue.path, `${pathName(issue.path)} ${issue.message}`, issue.fix, issue.target),
    );
    const nothing = { rules: undefined, principals: undefined, search: undefined, approvals: undefined };
    return { ...nothing, definitions: undefined, agentTerms: new Map(), problems };
  }
  const file = checked.value;
  const problems: Problem[] = [];
  const principals = file.principals && readPrincipals(file.principals, [...file.agents.keys()], document, problems);
  const { loop_breaker: loopBreaker, ...defaults } = file.defaults ?? {};
  const decided = file.defaults && defaults;
  const reader = new AccessReader(document, problems, expressions);
  const rules: PolicyRules = {
    agents: record([...file.agents].map(([name, agent]) => [name, reader.agentRules(agent, ['agents', name])])),
    ...(file.access === undefined
      ? {}
      : { access: record([...file.access].map(([server, tools]) => [server, record(tools)])) }),
    ...(file.labels === undefined
      ? {}
      : { labels: record([...file.labels].map(([server, tools]) => [server, record(tools)])) }),
    ...(file.flow === undefined ? {} : { flow: file.flow }),
    ...(decided === undefined ? {} : { defaults: decided }),
  };
  if (file.agents.get(DEFAULT_AGENT)?.enforce !== undefined) problems.push(defaultInShadow(document));
  const good = problems.every((problem) => problem.severity !== 'error');
  const agentTerms = readTerms(file.agents);
  const { search, approvals, definitions, results } = file;
  return {
    rules: good ? rules : undefined,
    agentTerms,
    principals,
    search,
    approvals,
    definitions,
    results,
    loopBreaker,
    problems,
  };
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

type FileTools = NonNullable<FileAccess['tools']> extends Map<string, infer T> ? T : never;
type FileRule = Exclude<FileTools[number], string>;

/** The rules of agents about servers and what they offer, as data; wrong expressions become problems. */
class AccessReader {
  readonly #document: ConfigDocument;
  readonly #problems: Problem[];
  readonly #expressions: Pick<typeof Expressions, 'compileExpression'> | undefined;

  constructor(
    document: ConfigDocument,
    problems: Problem[],
    expressions: Pick<typeof Expressions, 'compileExpression'> | undefined,
  ) {
    this.#document = document;
    this.#problems = problems;
    this.#expressions = expressions;
  }

  agentRules({ allow, ask, approved, deny, enforce }: FileAgent, path: ConfigPath): AgentRules {
    return {
      ...(allow === undefined ? {} : { allow: this.#accessList(allow, [...path, 'allow']) }),
      ...(ask === undefined ? {} : { ask: this.#accessList(ask, [...path, 'ask']) }),
      ...(approved === undefined ? {} : { approved: record(approved) }),
      ...(deny === undefined ? {} : { deny: this.#accessList(deny, [...path, 'deny']) }),
      ...(enforce === 'shadow' ? { enforce } : {}),
    };
  }

  #accessList({ servers, tools, prompts, resources, skills, access }: FileAccess, path: ConfigPath): AccessList {
    return {
      ...(servers === undefined ? {} : { servers }),
      ...(tools === undefined ? {} : { tools: this.#toolMap(tools, [...path, 'tools']) }),
      ...(prompts === undefined ? {} : { prompts: record(prompts) }),
      ...(resources === undefined ? {} : { resources: record(resources) }),
      ...(skills === undefined ? {} : { skills: record(skills) }),
      ...(access === undefined ? {} : { access: record(access) }),
    };
  }

  #toolMap(tools: ReadonlyMap<string, FileTools>, path: ConfigPath): ToolMap {
    return record(
      [...tools].map(([server, entries]) => [
        server,
        entries.map((entry, at) => (typeof entry === 'string' ? entry : this.#toolRule(entry, [...path, server, at]))),
      ]),
    );
  }

  #toolRule({ tool, args, when }: FileRule, path: ConfigPath): ToolRule {
    const rule = { tool, ...(args === undefined ? {} : { args: record(args) }) };
    if (when === undefined) return rule;
    const compiled = this.#expressions?.compileExpression(when) ?? NOT_READ;
    if (compiled.ok) return { ...rule, when: compiled.expression };
    const at = [...path, 'when'];
    const message = `${pathName(at)} ${escapeText(compiled.problem)}`;
    this.#problems.push(problemAt(this.#document, 'error', at, message, EXPRESSION_FIX));
    return rule;
  }
}

const NOT_READ = { ok: false, problem: 'cannot be read here' } as const;
const EXPRESSION_FIX = 'docs/rules.md says what an expression may have; "policy explain --args" tries it out';

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
