import { useContext, useState } from 'preact/hooks';
import type { ApprovalsReport } from '../../src/ui/api.ts';
import { post } from '../api.ts';
import { Command, Empty, Failed, Loading } from '../parts/empty.tsx';
import { seconds } from '../parts/figures.tsx';
import { NowContext } from '../parts/now-context.ts';
import { useData } from '../use-data.ts';

type Question = ApprovalsReport[number];

/** Milliseconds. */
const REFRESH = 1000;

const LABELS: Readonly<Record<Question['answers'][number], string>> = {
  once: 'Yes, once',
  session: 'Yes, for this session',
  hour: 'Yes, for an hour',
  no: 'No',
};

/** Calls that wait for a person. */
export function Approvals() {
  const { data, error, again } = useData<ApprovalsReport>('approvals', REFRESH);
  const now = useContext(NowContext);
  if (error !== undefined) return <Failed error={error} />;
  if (data === undefined) return <Loading />;
  const answered = (): void => {
    again();
    now.again();
  };
  if (data.length === 0) {
    return (
      <Empty title="Nothing waits for you">
        <p>
          What the rules name under <code>ask</code> waits here, and on the command line, until somebody answers:
        </p>
        <Command>agent-mcp-gateway policy add ask-before-write --agent NAME</Command>
      </Empty>
    );
  }
  return (
    <ul class="questions">
      {data.map((question) => (
        <li key={question.id} class="card">
          <OneQuestion question={question} mayWrite={now.data?.mayWrite === true} answered={answered} />
        </li>
      ))}
    </ul>
  );
}

interface QuestionProps {
  readonly question: Question;
  readonly mayWrite: boolean;
  readonly answered: () => void;
}

/** Text of others comes from the gateway in quotes that it cannot leave, with what is invisible made visible. */
function OneQuestion({ question, mayWrite, answered }: QuestionProps) {
  const { id, agent, caller, server, kind, name, access, rule, arguments: args, answers, expires_at } = question;
  const [reason, setReason] = useState('');
  const [error, setError] = useState<Error>();
  const answer = async (word: Question['answers'][number]): Promise<void> => {
    try {
      await post(`approvals/${id}`, { word, ...(word === 'no' ? { reason } : {}) });
    } catch (failure) {
      setError(failure as Error);
    }
    answered();
  };
  const left = Math.max(0, (Date.parse(expires_at) - Date.now()) / 1000);
  return (
    <>
      <div class="above">
        <h2>
          <bdi>{agent}</bdi> wants to use <bdi>{server}</bdi> / <bdi>{name}</bdi>
        </h2>
        <span class="state">refused in {seconds(left)}</span>
      </div>
      <dl class="facts">
        <Fact name="Kind" value={access === null ? kind : `${kind}, ${access}`} />
        <Fact name="Caller" value={caller} />
        <Fact name="Rule that asks" value={rule} />
      </dl>
      <h3>Arguments</h3>
      {args.length === 0 ? (
        <p class="note">None.</p>
      ) : (
        <table class="arguments">
          <tbody>
            {args.map((argument) => (
              <tr key={argument.name}>
                <th scope="row">
                  <bdi>{argument.name}</bdi>
                </th>
                <td>
                  <code>
                    <bdi>{argument.text}</bdi>
                  </code>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {error !== undefined && <Failed error={error} />}
      <p class="buttons">
        {answers
          .filter((word) => word !== 'no')
          .map((word, at) => (
            <button
              key={word}
              type="button"
              class={at === 0 ? undefined : 'quiet'}
              disabled={!mayWrite}
              onClick={() => void answer(word)}
            >
              {LABELS[word]}
            </button>
          ))}
      </p>
      <p class="buttons">
        <button type="button" class="danger" disabled={!mayWrite} onClick={() => void answer('no')}>
          No
        </button>
        <label class="grow">
          <span class="hidden">Why not, for the agent</span>
          <input
            placeholder="why not, for the agent to read (optional)"
            value={reason}
            disabled={!mayWrite}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        </label>
      </p>
      {!mayWrite && <p class="note">To answer here, start the page with “agent-mcp-gateway ui --write”.</p>}
    </>
  );
}

function Fact({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <bdi>{value}</bdi>
      </dd>
    </div>
  );
}
