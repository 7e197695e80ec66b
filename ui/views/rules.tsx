import { useState } from 'preact/hooks';
import type { Outcomes } from '../../src/policy/authoring/changed-decisions.ts';
import type { Change, RulesComparison, Rules as RulesData } from '../../src/ui/api.ts';
import { post } from '../api.ts';
import { Empty, Failed, FirstSteps, Loading } from '../parts/empty.tsx';
import { OUTCOME_WORDS as WORDS } from '../parts/figures.tsx';
import { Matrix } from '../parts/matrix.tsx';
import { Scroll } from '../parts/scroll.tsx';
import { useData } from '../use-data.ts';

/** The access of all agents, decided by the function that decides calls, and what changed rules would change in it. */
export function Rules() {
  const { data, error, again } = useData<RulesData>('rules');
  if (error !== undefined) {
    return (
      <>
        <Failed error={error} />
        <Empty title="There are no rules to show">
          <FirstSteps />
        </Empty>
      </>
    );
  }
  if (data === undefined) return <Loading />;
  return (
    <>
      <p class="above">
        <span>
          Decided by <code>{data.path}</code>
        </span>
        <button type="button" class="quiet" onClick={again}>
          Look again
        </button>
      </p>
      <Matrix matrix={data.matrix} />
      <WhatIf text={data.text} />
    </>
  );
}

/** Changed rules, pasted or edited here, and never written anywhere. */
function WhatIf({ text }: { readonly text: string }) {
  const [changed, setChanged] = useState(text);
  const [comparison, setComparison] = useState<RulesComparison>();
  const [error, setError] = useState<Error>();
  const [isBusy, setIsBusy] = useState(false);
  const compare = async (event: Event): Promise<void> => {
    event.preventDefault();
    setIsBusy(true);
    setError(undefined);
    try {
      setComparison(await post<RulesComparison>('rules/compare', { text: changed }));
    } catch (failure) {
      setError(failure as Error);
    }
    setIsBusy(false);
  };
  return (
    <section class="card" aria-labelledby="what-if">
      <h2 id="what-if">What if the rules were these?</h2>
      <p class="note">
        Nothing is written. It says what would be decided otherwise, over all known tools and the calls of the last
        week.
      </p>
      <form onSubmit={(event) => void compare(event)}>
        <label>
          <span class="hidden">Changed rules</span>
          <textarea
            rows={14}
            spellcheck={false}
            value={changed}
            onInput={(event) => setChanged(event.currentTarget.value)}
          />
        </label>
        <p class="buttons">
          <button type="submit" disabled={isBusy}>
            Compare
          </button>
          <button type="button" class="quiet" onClick={() => setChanged(text)}>
            Back to the rules in force
          </button>
        </p>
      </form>
      <div aria-live="polite">
        {error !== undefined && <Failed error={error} />}
        {comparison !== undefined && <Differences comparison={comparison} />}
      </div>
    </section>
  );
}

function Differences({ comparison: { problems, tools, calls } }: { readonly comparison: RulesComparison }) {
  if (problems.length > 0) {
    return (
      <ul class="failed">
        {problems.map((problem) => (
          <li key={problem}>{problem}</li>
        ))}
      </ul>
    );
  }
  if (tools.length === 0 && calls.length === 0) return <p class="same">Every decision stays the same.</p>;
  const past = calls.reduce((sum, { count }) => sum + count, 0);
  return (
    <>
      <p>
        {tools.length} decisions about known tools would change, and {past} calls of the last week would be decided
        otherwise.
      </p>
      <Scroll label="Decisions that would change">
        <table>
          <thead>
            <tr>
              <th scope="col">Agent</th>
              <th scope="col">Server</th>
              <th scope="col">Tool</th>
              <th scope="col">Now</th>
              <th scope="col">Then</th>
              <th scope="col" class="number">
                Past calls
              </th>
            </tr>
          </thead>
          <tbody>
            {merged(tools, calls).map(({ change, count }) => (
              <tr key={keyOf(change)}>
                <td>
                  <bdi>{change.agent}</bdi>
                </td>
                <td>
                  <bdi>{change.server}</bdi>
                </td>
                <td>
                  <bdi>{change.name ?? 'the server'}</bdi>
                </td>
                <OutcomeCell outcome={change.before} />
                <OutcomeCell outcome={change.after} />
                <td class="number">{count === 0 ? '' : count}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}

function OutcomeCell({ outcome: { outcome, rule } }: { readonly outcome: Outcomes }) {
  return (
    <td>
      <span class={`badge ${outcome.toLowerCase()}`}>{WORDS[outcome]}</span> <small>{rule}</small>
    </td>
  );
}

/** One line for each thing that is decided otherwise, with how often it was asked for. */
function merged(tools: readonly Change[], calls: RulesComparison['calls']): { change: Change; count: number }[] {
  const byKey = new Map(tools.map((change) => [keyOf(change), { change, count: 0 }]));
  for (const { count, ...change } of calls) byKey.set(keyOf(change), { change, count });
  return [...byKey.values()];
}

function keyOf({ agent, server, name, kind }: Change): string {
  return JSON.stringify([agent, server, name, kind]);
}
