/** Runs `policy explain` and `policy test`. They need the rules only, so that they work where no server is configured. */
import { resolve } from 'node:path';
import process from 'node:process';
import { didYouMean } from '../catalog/name-suggestions.ts';
import { readConfigFile } from '../config/config-files.ts';
import { type ConfigDocument, toValue } from '../config/json-document.ts';
import { quote } from '../config/quote-name.ts';
import type { Settings } from '../config/settings.ts';
import type { Snapshot } from '../config/snapshot.ts';
import { escapeText } from '../observe/escape-text.ts';
import { CallArguments } from '../policy/arguments/call-arguments.ts';
import { compile, type Policy } from '../policy/compile-rules.ts';
import { executorFor, SPLIT_EXECUTORS } from '../policy/executors.ts';
import {
  type Check,
  type ExpectationEntry,
  type Mismatch,
  parseExpectations,
  runExpectations,
} from '../policy/expectations.ts';
import { explain } from '../policy/explain.ts';
import { ACCESS_LEVELS, type Access, type OfferKind, type PolicyRules } from '../policy/rules-data.ts';
import { withVirtualServers } from '../policy/virtual-names.ts';
import { CATALOGUE, GatewayError } from '../shared/errors.ts';
import { count } from './count.ts';
import { entrySays, shapingConfig } from './explained-entry.ts';
import { print, printJson, say } from './output.ts';
import { parseFile, readFiles, refuse, rulesAndTermsOf, rulesOf, serverNames } from './policy-files.ts';
import { suspectChecks } from './suspect-checks.ts';

const NOT_ENFORCED = 'The agent is in shadow mode: this is recorded, and not enforced.';

const EXITS = {
  ALLOW: 0,
  ASK: CATALOGUE.APPROVAL_PENDING.exit,
  DEPENDS: 6,
  DENY: CATALOGUE.DENIED_BY_POLICY.exit,
} as const;

interface Question {
  readonly agent: string;
  readonly server: string;
  /** Of the tool or prompt, or the URI of the resource; undefined for the server as such. */
  readonly name: string | undefined;
  readonly kind: OfferKind;
  /** JSON text of the arguments of a call; undefined where nobody says. */
  readonly args: string | undefined;
  /** The access of the tool, where somebody says. */
  readonly access: Access | undefined;
  /** The labels that the caller carries, where somebody says. */
  readonly carrying: readonly string[] | undefined;
  readonly json: boolean;
}

/** Prints a decision; the exit status says it too. @throws GatewayError CONFIG_NOT_FOUND, CONFIG_INVALID */
export async function explainCommand(settings: Settings, question: Question): Promise<void> {
  const { agent, server, name, kind, access, carrying, json } = question;
  const files = await readFiles(settings);
  const given = question.args === undefined ? undefined : argumentsText(question.args);
  const config = await shapingConfig(files);
  const { original, args, notes } = entrySays(config, { server, name, kind, args: given });
  const { rules, agentTerms } = await rulesAndTermsOf(parseFile(files.rules));
  const policy = withVirtualServers(compile(rules), config?.virtual ?? new Map());
  const explanation = explain(policy, agent, server, name, kind, {
    now: Date.now(),
    ...(args === undefined ? {} : { args: new CallArguments(args) }),
    ...(access === undefined ? {} : { access }),
    ...(carrying === undefined ? {} : { carries: (label: string) => carrying.includes(label) }),
  });
  const isCalled = kind === 'tool' && name !== undefined && explanation.decision !== 'DENY';
  const executors = isCalled && agentTerms.get(agent)?.execute === 'split' ? executorsOf(policy, question) : [];
  const more = {
    ...(original === undefined ? {} : { original }),
    ...(executors.length === 0 ? {} : { execute: executors }),
  };
  if (json) printJson({ ...explanation, ...more });
  else {
    print(`${explanation.decision}  ${explanation.rule}`);
    print(explanation.reason);
    if (original !== undefined) print(`The server knows it as ${escapeText(original)}.`);
    if (executors.length === 1) print(`It is called with ${executors.join()}.`);
    if (executors.length > 1) print(`Which of ${executors.join(', ')} calls it depends on what it does.`);
    for (const on of explanation.depends_on ?? []) print(ADD[on]);
    if (explanation.enforced === false) print(NOT_ENFORCED);
  }
  if (notes.length > 0) say(...notes);
  const names = files.servers && serverNames(files.servers);
  if (!policy.hasAgent(agent)) {
    say(`Note: the rules have no agent ${quote(agent)}.${didYouMean(agent, policy.agents)}`);
  }
  if (names?.has(server) === false) {
    say(`Note: the servers file has no server ${quote(server)}.${didYouMean(server, [...names])}`);
  }
  process.exitCode = EXITS[explanation.decision];
}

/** The tools of the gateway that may call a tool, as far as it is known what that does. */
function executorsOf(policy: Policy, { server, name = '', access }: Question): readonly string[] {
  const said = access === undefined ? ACCESS_LEVELS : [access];
  const possible = new Set(said.map((one) => executorFor(policy.accessOf(server, name, one))));
  return SPLIT_EXECUTORS.filter((one) => possible.has(one));
}

const ADD = {
  arguments: 'Add --args with the arguments of a call, as JSON.',
  access: 'Add --access with read, write, destructive or unknown.',
} as const;

/** @throws GatewayError USAGE */
function argumentsText(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return text;
  } catch {
    // Said below.
  }
  throw new GatewayError('USAGE', `--args needs a JSON object, such as '{"path": "/srv/project/a.txt"}'.`);
}

/** Prints what differs; the exit status is 1 then. @throws GatewayError CONFIG_NOT_FOUND, CONFIG_INVALID */
export async function testCommand(settings: Settings, options: { file: string; json: boolean }): Promise<void> {
  const document = parseFile(await readConfigFile(resolve(settings.cwd, options.file)));
  const { entries, problems } = parseExpectations(toValue(document.root));
  if (problems.length > 0) {
    const { file } = document;
    refuse(problems.map((found) => ({ severity: 'error', file, ...document.place(found.path), ...found })));
  }
  const configured = await configuredFor(settings, entries);
  const groups = entries.map(async ({ rules, checks }, index) => ({
    policy:
      rules === undefined && configured
        ? configured.policy
        : compile(await rulesOf(partOf(document, [index, 'rules']))),
    checks: rules === undefined ? checks.map((check) => asSent(check, configured)) : checks,
  }));
  const mismatches = runExpectations(await Promise.all(groups));
  const warnings = entries.flatMap(({ rules, checks }, entry) =>
    rules !== undefined || configured === undefined
      ? []
      : suspectChecks(configured.rules, configured.servers, checks).map((suspect) => ({ entry, ...suspect })),
  );
  const total = entries.reduce((sum, { checks }) => sum + checks.length, 0);
  if (options.json) printJson({ total, mismatches: mismatches.map(mismatchJson), warnings });
  else {
    for (const { entry, check, message } of warnings) say(`${placeOf(document, entry, check)} warning: ${message}`);
    for (const mismatch of mismatches) print(mismatchLine(document, mismatch));
    print(`${count(total, 'check')}, ${count(mismatches.length, 'mismatch', 'mismatches')}`);
  }
  process.exitCode = mismatches.length > 0 ? 1 : 0;
}

interface Configured {
  readonly rules: PolicyRules;
  readonly policy: Policy;
  /** Undefined where nobody said which servers file goes with the rules. */
  readonly servers: ReadonlySet<string> | undefined;
  /** Undefined where no entry of a server says anything about calls. */
  readonly config: Snapshot | undefined;
}

/** A check with the arguments that its server would get. What a caller cannot give is decided as it is given. */
function asSent(check: Check, configured: Configured | undefined): Check {
  const { server, tool, args } = check;
  if (args === undefined || tool === null) return check;
  const asked = { server, name: tool, kind: 'tool', args: JSON.stringify(args) } as const;
  const sent = entrySays(configured?.config, asked).args;
  return sent === undefined ? check : { ...check, args: JSON.parse(sent) as Check['args'] & object };
}

/** The configured rules; undefined, and not read, where every entry brings its own. */
async function configuredFor(
  settings: Settings,
  entries: readonly ExpectationEntry[],
): Promise<Configured | undefined> {
  if (entries.every(({ rules }) => rules !== undefined)) return undefined;
  const files = await readFiles(settings);
  const rules = await rulesOf(parseFile(files.rules));
  const config = await shapingConfig(files);
  const policy = withVirtualServers(compile(rules), config?.virtual ?? new Map());
  return { rules, policy, servers: files.servers && serverNames(files.servers), config };
}

const SAID = { allow: 'allowed', ask: 'asked', deny: 'denied' } as const;

function mismatchLine(document: ConfigDocument, { entry, check, expected, actual }: Mismatch): string {
  const names = [expected.agent, expected.server, ...(expected.tool === null ? [] : [expected.tool])];
  const withArgs = expected.args === undefined ? '' : ` with ${escapeText(JSON.stringify(expected.args))}`;
  const asked = names.map((name) => quote(name)).join(' ');
  return `${placeOf(document, entry, check)} ${asked}${withArgs}: expected ${SAID[expected.effect]}, is ${SAID[actual.effect]} by ${actual.rule}`;
}

function placeOf(document: ConfigDocument, entry: number, check: number): string {
  const { line, column } = document.place([entry, 'checks', check]);
  return `${document.file}:${line}:${column}`;
}

function mismatchJson({ entry, check, expected, actual }: Mismatch): unknown {
  const { agent, server, tool, effect, args } = expected;
  const wanted = effect === 'ask' ? effect : effect === 'allow';
  const { allowed, rule } = actual;
  const given = args === undefined ? {} : { args };
  return { entry, check, agent, server, tool, ...given, expected: wanted, effect: actual.effect, allowed, rule };
}

/** Part of a document as one of its own; places still are those of the whole file. */
function partOf(document: ConfigDocument, path: readonly (string | number)[]): ConfigDocument {
  let root = document.root;
  for (const step of path) {
    const next =
      root.kind === 'array'
        ? root.items[Number(step)]
        : root.kind === 'object' && root.members.get(String(step))?.value;
    if (next) root = next;
  }
  return { file: document.file, root, place: (inner, target) => document.place([...path, ...inner], target) };
}
