/** The view of the rules: who may use what, and what changed rules would change. */
import { parseDocument } from '../config/json-document.ts';
import { loadReaders } from '../config/load-schemas.ts';
import { formatProblem } from '../config/load-snapshot.ts';
import { readRules } from '../config/rules-file.ts';
import type { Settings } from '../config/settings.ts';
import { accessMatrix } from '../policy/authoring/access-matrix.ts';
import {
  type ChangedDecision,
  changedDecisions,
  type Outcomes,
  questionsAbout,
  type ToolsByServer,
} from '../policy/authoring/changed-decisions.ts';
import { compile, type Policy } from '../policy/compile-rules.ts';
import type { PolicyRules } from '../policy/rules-data.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Change, MatrixData, Rules, RulesComparison } from '../ui/api.ts';
import { readLog } from './past-log.ts';
import { knownTools, parseFile, readFiles, rulesOf, withKnownAccess } from './policy-files.ts';
import { shownRules } from './shown-rules.ts';
import type { UiSource } from './ui-routes.ts';

const WEEK_MS = 604_800_000;

/** Cells that are sent at one time. */
const MOST_CELLS = 200_000;

/** @throws GatewayError CONFIG_NOT_FOUND, CONFIG_INVALID */
export async function currentRules({ settings, isOwner }: UiSource): Promise<Rules> {
  const { file, policy, tools } = await ruled(settings);
  const count = [...tools.values()].reduce((sum, names) => sum + 1 + (names?.length ?? 0), 0);
  const isCut = count * policy.agents.length > MOST_CELLS;
  const shown = isCut ? new Map([...tools].map(([server, names]) => [server, names && []])) : tools;
  const text = file.ok ? file.bytes.toString('utf8') : '';
  return { path: file.path, text: isOwner ? text : shownRules(text), matrix: compact(policy, shown, isCut) };
}

/** The tools of one server, where there are too many for all at once: its outcomes come with them. */
export async function toolsOf(settings: Settings, server: string): Promise<MatrixData> {
  const { policy, tools } = await ruled(settings);
  const { rows, ...matrix } = compact(policy, new Map([[server, tools.get(server)]]), false);
  return { ...matrix, rows: rows.filter(({ tool }) => tool !== null) };
}

async function ruled(settings: Settings) {
  const { rules: file } = await readFiles(settings);
  const rules = await rulesOf(parseFile(file));
  const policy = await withKnownAccess(settings, compile(rules));
  return { file, policy, tools: await knownTools(settings, [rules], false, ignore) };
}

/** Few decisions are different ones: each is said once. */
function compact(policy: Policy, tools: ToolsByServer, isCut: boolean): MatrixData {
  const { rows, ...matrix } = accessMatrix(policy, policy.agents, tools);
  const outcomes: Outcomes[] = [];
  const places = new Map<string, number>();
  const placeOf = (outcome: Outcomes): number => {
    const key = `${outcome.outcome} ${outcome.rule}`;
    const place = places.get(key) ?? outcomes.push(outcome) - 1;
    places.set(key, place);
    return place;
  };
  return { ...matrix, isCut, rows: rows.map((row) => ({ ...row, cells: row.cells.map(placeOf) })), outcomes };
}

/** @throws GatewayError as `currentRules`, and INVALID_PARAMS without a text */
export async function compareRules(settings: Settings, body: unknown): Promise<RulesComparison> {
  const text = (body as { readonly text?: unknown } | null)?.text;
  if (typeof text !== 'string') throw new GatewayError('INVALID_PARAMS', 'The request needs text, a string.');
  const { rules: file } = await readFiles(settings);
  const old = await rulesOf(parseFile(file));
  const changed = await rulesIn(text);
  if (!changed.ok) return { problems: changed.problems, tools: [], calls: [] };
  const known = (rules: PolicyRules) => withKnownAccess(settings, compile(rules));
  const [before, after] = [await known(old), await known(changed.rules)];
  const tools = await knownTools(settings, [old, changed.rules], false, ignore);
  const agents = new Set([...before.agents, ...after.agents]);
  const calls = changedDecisions(before, after, pastCalls(settings));
  return {
    problems: [],
    tools: changedDecisions(before, after, questionsAbout(agents, tools)).map(changeOf),
    calls: calls.map((change) => ({ ...changeOf(change), count: change.question.allowed + change.question.denied })),
  };
}

type Read =
  | { readonly ok: true; readonly rules: PolicyRules }
  | { readonly ok: false; readonly problems: readonly string[] };

async function rulesIn(text: string): Promise<Read> {
  const parsed = parseDocument('changed rules', Buffer.from(text));
  if (!parsed.ok) return { ok: false, problems: parsed.problems.map(formatProblem) };
  const { schema, expressions } = await loadReaders(parsed.document);
  const { rules, problems } = readRules(parsed.document, schema, expressions);
  if (rules !== undefined) return { ok: true, rules };
  return { ok: false, problems: problems.filter(({ severity }) => severity === 'error').map(formatProblem) };
}

function pastCalls({ auditLog }: Settings) {
  try {
    return readLog(auditLog, { since: Date.now() - WEEK_MS }).calls;
  } catch (error) {
    if (error instanceof GatewayError && error.code === 'USAGE') return [];
    throw error;
  }
}

function changeOf({ question: { agent, server, name, kind }, before, after }: ChangedDecision): Change {
  return { agent, server, name: name ?? null, kind, before, after };
}

const ignore = (): void => undefined;
