/** Runs `policy add`: a recipe is added to the rules of an agent. */
import { didYouMean } from '../catalog/name-suggestions.ts';
import { editAccess } from '../config/edit-access.ts';
import { openRules } from '../config/edit-rules.ts';
import { quote } from '../config/quote-name.ts';
import type { Settings } from '../config/settings.ts';
import { type ChangedDecision, changedDecisions, questionsAbout } from '../policy/authoring/changed-decisions.ts';
import { RECIPES, type Recipe } from '../policy/authoring/recipes.ts';
import { compile, type ExplainablePolicy } from '../policy/compile-rules.ts';
import type { AgentRules } from '../policy/rules-data.ts';
import { GatewayError } from '../shared/errors.ts';
import { count } from './count.ts';
import { print, say } from './output.ts';
import { knownTools, withKnownAccess } from './policy-files.ts';
import { printDiff, readChange, settle, settleJson } from './rules-change.ts';

interface AddOptions {
  readonly recipe: string;
  readonly agent: string;
  readonly write: boolean;
  readonly live: boolean;
  readonly json: boolean;
}

/** @throws GatewayError CONFIG_NOT_FOUND, CONFIG_INVALID, USAGE, CANNOT_WRITE */
export async function addCommand(settings: Settings, { recipe, agent, write, live, json }: AddOptions): Promise<void> {
  const found = recipeOf(recipe);
  const editor = await openRules(settings);
  const rules = editor.rules.rules ?? { agents: {} };
  const own = Object.hasOwn(rules.agents, agent) ? rules.agents[agent] : undefined;
  if (own === undefined) {
    const meant = didYouMean(agent, Object.keys(rules.agents));
    throw new GatewayError('USAGE', `The rules have no agent ${quote(agent)}.${meant}`);
  }
  if ('flow' in found) {
    const { addFlow } = await import('./policy-add-flow.ts');
    return addFlow(settings, editor, { recipe, rule: JSON.parse(found.flow), write, live, json });
  }
  const applied = found.apply(own);
  if (applied.kind === 'refused')
    throw new GatewayError('USAGE', `${recipe} cannot be added to ${quote(agent)}: ${applied.why}`);
  const change = await readChange(editor, edited(editor.text, agent, own, applied.rules));
  const tools = await knownTools(settings, [rules], live);
  const known = (policy: ExplainablePolicy) => withKnownAccess(settings, policy);
  const changed = changedDecisions(
    await known(compile(rules)),
    await known(change.policy),
    questionsAbout([agent], tools),
  );
  const isAsked = ({ after: { outcome } }: ChangedDecision): boolean => outcome === 'ASK' || outcome === 'DEPENDS';
  const [asked, denied] = [changed.filter(isAsked), changed.filter((one) => !isAsked(one))];
  if (json) {
    const names = (changes: readonly ChangedDecision[]) =>
      changes.map(({ question: { server, name }, after: { rule } }) => ({ server, tool: name ?? null, rule }));
    return settleJson(editor, change, write, {
      recipe,
      agent,
      dropped: applied.dropped,
      denied_now: names(denied),
      asked_now: names(asked),
    });
  }
  if (change.isChanged) printDiff(editor, change);
  for (const pattern of applied.dropped)
    say(`Note: ${quote(pattern)} may match more than ${recipe} allows, and is gone.`);
  if (change.isChanged) {
    if (asked.length > 0)
      printChanged(`A person is asked, depending on what they do, before ${agent} uses`, asked, ':');
    printChanged(`${agent} may no longer use`, denied, denied.length === 0 ? '.' : ':');
  }
  if (change.policy.isShadow(agent)) say(`Note: ${agent} is in shadow mode: its rules are recorded and not enforced.`);
  await settle(editor, change, write);
}

function recipeOf(name: string): Recipe {
  const recipe = RECIPES.get(name);
  if (recipe !== undefined) return recipe;
  const hint = didYouMean(name, [...RECIPES.keys()]) || ` There are: ${[...RECIPES.keys()].join(', ')}.`;
  throw new GatewayError('USAGE', `There is no recipe ${quote(name)}.${hint}`);
}

function edited(text: string, agent: string, before: AgentRules, after: AgentRules): string {
  return (['allow', 'ask', 'deny'] as const).reduce((made, side) => {
    const [old, now] = [before[side], after[side]];
    return now === undefined || now === old ? made : editAccess(made, agent, side, now);
  }, text);
}

function printChanged(start: string, changes: readonly ChangedDecision[], end: string): void {
  print(`${start} ${count(changes.length, 'tool')} of those that are known${end}`);
  for (const { question } of changes) print(`  ${question.server} ${question.name ?? '(server)'}`);
}
