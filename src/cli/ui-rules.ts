/** The view of the rules: who may use what, and what changed rules would change. */
import { parseDocument } from '../config/json-document.ts';
import { loadReaders } from '../config/load-schemas.ts';
import { formatProblem } from '../config/load-snapshot.ts';
import { readRules } from '../config/rules-file.ts';
import type { Settings } from '../config/settings.ts';
import { accessMatrix } from '../policy/authoring/access-matrix.ts';
import { type ChangedDecision, changedDecisions, questionsAbout } from '../policy/authoring/changed-decisions.ts';
import { compile } from '../policy/compile-rules.ts';
import type { PolicyRules } from '../policy/rules-data.ts';
import { GatewayError } from '../shared/errors.ts';
import type { Change, Comparison, Rules } from '../ui/api.ts';
import { readLog } from './past-log.ts';
import { knownTools, parseFile, readFiles, rulesOf } from './policy-files.ts';
import type { UiSource } from './ui-routes.ts';

const WEEK_MS = 604_800_000;

/** @throws GatewayError CONFIG_NOT_FOUND, CONFIG_INVALID */
export async function currentRules({ settings, isOwner }: UiSource): Promise<Rules> {
  const { rules: file } = await readFiles(settings);
  const rules = await rulesOf(parseFile(file));
  const policy = compile(rules);
  const tools = await knownTools(settings, [rules], false, ignore);
  const text = file.ok ? file.bytes.toString('utf8') : '';
  return {
    path: file.path,
    text: isOwner ? text : withoutHashes(text),
    matrix: accessMatrix(policy, policy.agents, tools),
  };
}

/** The same rules with other hashes of tokens: those are nobody's to read, and decide nothing. */
function withoutHashes(text: string): string {
  let count = 0;
  return text.replace(/[0-9a-f]{64}/gi, () => String(count++).padStart(64, '0'));
}

/** @throws GatewayError as `currentRules`, and INVALID_PARAMS without a text */
export async function compareRules(settings: Settings, body: unknown): Promise<Comparison> {
  const text = (body as { readonly text?: unknown } | null)?.text;
  if (typeof text !== 'string') throw new GatewayError('INVALID_PARAMS', 'The request needs text, a string.');
  const { rules: file } = await readFiles(settings);
  const old = await rulesOf(parseFile(file));
  const changed = await rulesIn(text);
  if (!changed.ok) return { problems: changed.problems, tools: [], calls: [] };
  const [before, after] = [compile(old), compile(changed.rules)];
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
