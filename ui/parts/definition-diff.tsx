import type { Finding } from '../../src/catalog/scan/finding.ts';
import type { ChangedDefinition } from '../../src/ui/api.ts';
import { type Part, wordDiff } from '../../src/ui/word-diff.ts';

const KINDS: Readonly<Record<string, string>> = {
  tool: 'Tool',
  prompt: 'Prompt',
  template: 'Resource template',
  instructions: 'What the server says of itself',
  launch: 'How it is launched',
  package: 'Package',
};
const BECAME = { new: 'new', changed: 'changed', removed: 'gone', renamed: 'renamed' } as const;

/** One definition: what became of it, what the scan says, and every field that is different. */
export function DefinitionDiff({ change }: { readonly change: ChangedDefinition }) {
  const { kind, name, what, to, isHeld, isBeforeKnown, fields, findings } = change;
  return (
    <>
      <h3>
        <span class="kind">{KINDS[kind] ?? kind}</span> <bdi>{name}</bdi>
        {to !== undefined && (
          <>
            <span class="sep">→</span>
            <bdi>{to}</bdi>
          </>
        )}
        <span class={`badge ${what}`}>{BECAME[what]}</span>
        {isHeld && <span class="badge held">held back</span>}
      </h3>
      {findings.length > 0 && (
        <ul class="findings" aria-label="The scan found">
          {findings.map((finding) => (
            <OneFinding key={`${finding.kind} ${finding.where} ${finding.excerpt}`} finding={finding} />
          ))}
        </ul>
      )}
      {kind === 'launch' && (
        <p class="note">
          Its command, arguments, address or the names of its variables are others than those accepted.
        </p>
      )}
      {what === 'changed' && !isBeforeKnown && kind !== 'launch' && (
        <p class="note">What was accepted is not kept on this machine: this is all of what it is now.</p>
      )}
      {kind !== 'launch' && what !== 'removed' && (
        <dl class="fields">
          {fields.map((field) => (
            <div key={field.field}>
              <dt>
                <bdi>{field.field}</bdi>
              </dt>
              <Sides before={field.before} after={field.after} />
              {field.hidden !== undefined && (
                <dd class="hidden-text">
                  hidden in it: <bdi>{JSON.stringify(field.hidden)}</bdi>
                </dd>
              )}
            </div>
          ))}
        </dl>
      )}
    </>
  );
}

function OneFinding({ finding: { level, message, where, excerpt } }: { readonly finding: Finding }) {
  return (
    <li class={`finding ${level}`}>
      <span class={`badge ${level}`}>{level}</span>
      <span>
        {message} {where !== '' && <code>{where}</code>}
        {excerpt !== '' && (
          <q>
            <bdi>{excerpt}</bdi>
          </q>
        )}
      </span>
    </li>
  );
}

interface SidesProps {
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** The former text above the text of now, with the words that are different. */
function Sides({ before, after }: SidesProps) {
  const [one, other] =
    before === undefined || after === undefined
      ? [[{ text: before ?? '', isOwn: false }], [{ text: after ?? '', isOwn: false }]]
      : wordDiff(before, after);
  return (
    <>
      {before !== undefined && (
        <dd class="side-before">
          <span class="hidden">before: </span>
          <Words parts={one} />
        </dd>
      )}
      {after !== undefined && (
        <dd class="side-after">
          <span class="hidden">now: </span>
          <Words parts={other} />
        </dd>
      )}
    </>
  );
}

function Words({ parts }: { readonly parts: readonly Part[] }) {
  return <bdi>{parts.map(({ text, isOwn }, at) => (isOwn ? <mark key={at}>{text}</mark> : text))}</bdi>;
}
