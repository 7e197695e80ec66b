/** Chooses the operations of an API that are tools, as its entry says. */
import type { OperationFilter } from '../../../config/api-definition.ts';
import { compilePattern, type NameMatcher } from '../../../policy/pattern.ts';

/** An operation, as far as it is chosen by. */
export interface Choosable {
  readonly tags: readonly string[];
  readonly path: string;
  /** In small letters. */
  readonly method: string;
}

type Test = (operation: Choosable) => boolean;

/**
 * @param include an operation has to fit each of its members; undefined for all operations.
 * @param exclude no operation that fits any of its members is in.
 */
export function operationFilter(include: OperationFilter | undefined, exclude: OperationFilter | undefined): Test {
  const all = testsOf(include);
  const none = testsOf(exclude);
  return (operation) => all.every((test) => test(operation)) && !none.some((test) => test(operation));
}

function testsOf(filter: OperationFilter | undefined): readonly Test[] {
  const { tags, paths, methods } = filter ?? {};
  const tests: Test[] = [];
  const [tag, path] = [matcherOf(tags), matcherOf(paths)];
  if (tag !== undefined) tests.push((operation) => operation.tags.some(tag));
  if (path !== undefined) tests.push((operation) => path(operation.path));
  if (methods !== undefined) tests.push(({ method }) => methods.includes(method));
  return tests;
}

function matcherOf(patterns: readonly string[] | undefined): NameMatcher | undefined {
  if (patterns === undefined) return undefined;
  const all = patterns.map(compilePattern);
  return (name) => all.some((matches) => matches(name));
}
