/** Conditions of rules in words. Pure. */
import type { Outcome } from '../arguments/condition.ts';
import { listOf, type Matcher } from '../arguments/matcher-data.ts';
import type { ToolRule } from '../rules-data.ts';

/** `"/path" is under "/srv/project" and "/mode" equals "w"`: the end of a sentence; empty for a rule without a condition. */
export function conditionWords({ args, when }: Pick<ToolRule, 'args' | 'when'>): string {
  const parts = Object.entries(args ?? {}).map(
    ([pointer, matcher]) => `${pointer === '' ? 'the arguments' : JSON.stringify(pointer)} ${matcherWords(matcher)}`,
  );
  if (when !== undefined) parts.push(when.source);
  return parts.join(' and ');
}

const WORDS: Readonly<Record<Exclude<keyof Matcher, 'absent' | 'each' | 'ignore_case'>, string>> = {
  equals: 'equals',
  in: 'is one of',
  matches: 'matches',
  under: 'is under',
  host: 'is a URL of',
  min: 'is at least',
  max: 'is at most',
  max_length: 'has a length of at most',
  type: 'is of type',
};

/** Says why a condition holds, or does not, or nobody can tell: the end of a sentence about a call. */
export function outcomeWords({ args, when }: ToolRule, { truth, pointer, test }: Outcome): string {
  if (test === 'when') {
    const expression = JSON.stringify(when?.source ?? '');
    return truth === false ? `${expression} is false` : `${expression} cannot be evaluated for it`;
  }
  if (pointer === undefined) return truth === true ? 'its expression is true' : 'its arguments are not known';
  const argument = pointer === '' ? 'the arguments' : JSON.stringify(pointer);
  if (test === 'missing') return `it has no ${argument}`;
  if (test === 'unclear')
    return `${argument} can be read in two ways: keys differ only in case, or it is inside of a text`;
  const matcher = args?.[pointer] ?? {};
  if (truth === true) return `${argument} ${matcherWords(matcher)}`;
  const { ignore_case } = matcher;
  const part =
    test === undefined ? matcher : { [test]: matcher[test], ...(ignore_case === undefined ? {} : { ignore_case }) };
  return truth === false
    ? `it is not true that ${argument} ${matcherWords(part)}`
    : `nobody can tell for certain whether ${argument} ${matcherWords(part)}`;
}

/** The words for a matcher of an argument: they begin with a verb. */
function matcherWords(matcher: Matcher): string {
  const parts = Object.entries(WORDS).flatMap(([key, words]) => {
    const value = matcher[key as keyof Matcher];
    if (value === undefined) return [];
    const values = key === 'equals' ? [value] : listOf(value as unknown);
    return [`${words} ${values.map((one) => JSON.stringify(one)).join(' or ')}`];
  });
  if (matcher.each !== undefined) parts.push(`has only elements of which each ${matcherWords(matcher.each)}`);
  if (matcher.absent === true) parts.push('is absent');
  if (matcher.absent === false && parts.length === 0) parts.push('is there');
  return `${parts.join(' and ')}${matcher.ignore_case === true ? ', whatever the case' : ''}`;
}
