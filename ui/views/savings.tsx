import { useContext } from 'preact/hooks';
import type { AgentSpending } from '../../src/operations/spending.ts';
import { Empty, Failed, FirstSteps } from '../parts/empty.tsx';
import { number, Tile } from '../parts/figures.tsx';
import { NowContext } from '../parts/now-context.ts';
import { Scroll } from '../parts/scroll.tsx';

/** What discovery costs, beside what direct exposure of the same tools would cost. Everything here is an estimate. */
export function Savings() {
  const { data, error } = useContext(NowContext);
  if (data === undefined) return error === undefined ? <p class="loading">Loading</p> : <Failed error={error} />;
  const agents = together(data.gateways.flatMap((one) => one.agents)).sort(
    (one, other) => other.calls - one.calls || (one.agent < other.agent ? -1 : 1),
  );
  if (agents.length === 0) {
    return (
      <Empty title="No gateway runs now">
        <FirstSteps />
      </Empty>
    );
  }
  const used = agents.filter(({ calls }) => calls > 0);
  const direct = used.reduce((sum, one) => sum + one.direct, 0);
  const spent = used.reduce((sum, one) => sum + ownTokens(one), 0);
  return (
    <>
      <p class="note">
        Estimated tokens, since each gateway started. Direct exposure puts every definition into each conversation;
        discovery puts the gateway's own few tools there, and what the agent looked up.
      </p>
      <div class="tiles">
        <Tile label="Definitions if exposed directly" value={`≈ ${number(direct)}`} />
        <Tile label="Definitions as it is" value={`≈ ${number(spent)}`} />
        <Tile label="Saved per conversation" value={percent(direct, spent)} tone="good" />
      </div>
      <Scroll label="Tokens of each agent">
        <table class="savings">
          <thead>
            <tr>
              <th scope="col">Agent</th>
              <th scope="col" class="number">
                Calls
              </th>
              <th scope="col" class="number">
                Tools
              </th>
              <th scope="col" class="wide">
                Definitions, direct and as it is
              </th>
              <th scope="col" class="number">
                Results
              </th>
              <th scope="col" class="number">
                Saved
              </th>
            </tr>
          </thead>
          <tbody>
            {agents.map((one) => (
              <tr key={one.agent}>
                <th scope="row">
                  <bdi>{one.agent}</bdi>
                </th>
                <td class="number">{number(one.calls)}</td>
                <td class="number">{number(one.direct_tools)}</td>
                <td class="wide">{one.calls > 0 && <Bars direct={one.direct} own={ownTokens(one)} />}</td>
                <td class="number">{number(one.results)}</td>
                <td class="number">{one.calls === 0 ? '' : percent(one.direct, ownTokens(one))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </>
  );
}

/** One line for each agent, over the gateways that it used. */
function together(all: readonly AgentSpending[]): AgentSpending[] {
  const byAgent = new Map<string, AgentSpending>();
  for (const one of all) {
    const before = byAgent.get(one.agent);
    byAgent.set(one.agent, before === undefined ? one : sum(before, one));
  }
  return [...byAgent.values()];
}

function sum(one: AgentSpending, other: AgentSpending): AgentSpending {
  if (one.calls === 0 || other.calls === 0) return one.calls >= other.calls ? one : other;
  return {
    agent: one.agent,
    calls: one.calls + other.calls,
    tools_list: one.tools_list + other.tools_list,
    definitions: one.definitions + other.definitions,
    results: one.results + other.results,
    direct: one.direct + other.direct,
    direct_tools: Math.max(one.direct_tools, other.direct_tools),
  };
}

function ownTokens({ tools_list, definitions }: AgentSpending): number {
  return tools_list + definitions;
}

function percent(direct: number, own: number): string {
  return direct === 0 ? '–' : `${Math.round(100 - (100 * own) / direct)} %`;
}

function Bars({ direct, own }: { readonly direct: number; readonly own: number }) {
  const most = Math.max(direct, own, 1);
  return (
    <span class="pair">
      <span class="bar gate" style={{ width: `${(direct / most) * 100}%` }} />
      <small>{number(direct)}</small>
      <span class="bar serve" style={{ width: `${(own / most) * 100}%` }} />
      <small>{number(own)}</small>
    </span>
  );
}
