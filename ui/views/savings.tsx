import { useContext, useState } from 'preact/hooks';
import type { AgentSpending } from '../../src/operations/spending.ts';
import { Empty, Failed, FirstSteps, Loading } from '../parts/empty.tsx';
import { number, Tile } from '../parts/figures.tsx';
import { NowContext } from '../parts/now-context.ts';
import { Scroll } from '../parts/scroll.tsx';

/** Agents that are shown until somebody asks for all. */
const SHOWN = 50;

/** The cost of discovery, beside what direct exposure of the same tools would cost. Everything here is an estimate. */
export function Savings() {
  const { data, error } = useContext(NowContext);
  const [isWhole, setIsWhole] = useState(false);
  if (data === undefined) return error === undefined ? <Loading /> : <Failed error={error} />;
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
  const shown = isWhole ? agents : agents.slice(0, SHOWN);
  const used = agents.filter(({ calls }) => calls > 0);
  const direct = used.reduce((sum, one) => sum + one.direct, 0);
  const most = Math.max(1, ...used.map((one) => Math.max(one.direct, ownTokens(one))));
  const spent = used.reduce((sum, one) => sum + ownTokens(one), 0);
  return (
    <>
      <p class="note lead">
        Estimated tokens, since each gateway started. Direct exposure puts every definition into each conversation;
        discovery puts the gateway's own few tools there, and what the agent looked up.
      </p>
      <div class="tiles">
        <Tile label="Definitions if exposed directly" value={`≈ ${number(direct)}`} />
        <Tile label="Definitions as it is" value={`≈ ${number(spent)}`} />
        <Tile
          label={spent > direct ? 'More than exposed directly' : 'Saved per conversation'}
          value={percent(direct, spent).replace('-', '')}
          tone={spent > direct ? 'bad' : 'good'}
        />
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
            {shown.map((one) => (
              <tr key={one.agent}>
                <th scope="row">
                  <bdi>{one.agent}</bdi>
                </th>
                <td class="number">{number(one.calls)}</td>
                <td class="number">{number(one.direct_tools)}</td>
                <td class="wide">{one.calls > 0 && <Bars direct={one.direct} own={ownTokens(one)} most={most} />}</td>
                <td class="number">{number(one.results)}</td>
                <td class="number">{one.calls === 0 ? '' : percent(one.direct, ownTokens(one))}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {shown.length < agents.length && (
        <button type="button" class="quiet" onClick={() => setIsWhole(true)}>
          Show all {agents.length}
        </button>
      )}
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

/** @param props.most what the longest bar of all agents stands for */
function Bars({ direct, own, most }: { readonly direct: number; readonly own: number; readonly most: number }) {
  return (
    <span class="pair">
      <span class="bar gate" style={{ width: `${(direct / most) * 100}%` }} />
      <small>{number(direct)}</small>
      <span class="bar serve" style={{ width: `${(own / most) * 100}%` }} />
      <small>{number(own)}</small>
    </span>
  );
}
