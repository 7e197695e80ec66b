/** What was found, as text for people and as JSON. */

const sum = (results, field) => results.reduce((total, result) => total + result[field], 0);
const clean = ({ failed, warnings }) => failed + warnings === 0;

/** The numbers of one run. */
export function totals({ results }) {
  const scored = results.filter((result) => result.scored);
  const others = results.filter((result) => !result.scored);
  return {
    required: `${scored.filter(clean).length}/${scored.length}`,
    unscored: `${others.filter(clean).length}/${others.length}`,
    passed: sum(results, 'passed'),
    failed: sum(results, 'failed'),
    warnings: sum(results, 'warnings'),
  };
}

const HEAD = ['run', 'required', 'unscored', 'checks passed', 'failed', 'warnings', 'verdict'];

/** All runs as one table. */
export function table(runs) {
  const lines = runs.map((run) => {
    const { required, unscored, passed, failed, warnings } = totals(run);
    return [
      run.name,
      required,
      unscored,
      passed,
      failed,
      warnings,
      run.problems.length === 0 ? 'as expected' : 'NOT OK',
    ];
  });
  const all = [HEAD, ...lines].map((line) => line.map(String));
  const widths = HEAD.map((_, column) => Math.max(...all.map((line) => line[column].length)));
  return all
    .map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column]))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** What failed in one run, by scenario; `!` marks what the baseline does not name. */
export function failures({ name, results, problems }) {
  const told = new Set();
  const lines = results
    .filter((result) => !clean(result))
    .flatMap(({ scenario, scored, failures }) => [
      `  ${scenario}${scored ? '' : ' (unscored)'}`,
      ...failures.map(({ check, message }) => {
        const problem = problems.find((text) => text === `${scenario}:${check} failed`);
        told.add(problem);
        return `  ${problem === undefined ? ' ' : '!'} ${check}: ${String(message).split('\n')[0].slice(0, 220)}`;
      }),
    ]);
  const others = problems.filter((problem) => !told.has(problem)).map((problem) => `  ! ${problem}`);
  return lines.length + others.length === 0 ? '' : [`\n${name}`, ...lines, ...others].join('\n');
}
