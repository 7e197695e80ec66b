import { keepOperatorToken } from '../api.ts';
import { Command, Failed } from './empty.tsx';

interface Props {
  /** The answer of the gateway to the last token. */
  readonly refused: string | undefined;
  readonly given: () => void;
}

/** Asks who looks. */
export function TokenNeeded({ refused, given }: Props) {
  const take = (event: SubmitEvent): void => {
    event.preventDefault();
    const token = new FormData(event.currentTarget as HTMLFormElement).get('token');
    if (typeof token !== 'string' || token.trim() === '') return;
    keepOperatorToken(token.trim());
    given();
  };
  return (
    <div class="frame alone">
      <main>
        <h1>Who looks?</h1>
        {refused !== undefined && <Failed error={new Error(refused)} />}
        <form onSubmit={take}>
          <label class="field">
            <span>Token of an operator</span>
            <input type="password" name="token" autocomplete="off" spellcheck={false} required />
          </label>
          <p class="buttons">
            <button type="submit">Look</button>
            <span class="note">It stays in this tab, and is sent to this gateway alone.</span>
          </p>
        </form>
        <p>Where the gateway runs, its owner makes one with:</p>
        <Command>agent-mcp-gateway token create NAME --operator --write</Command>
      </main>
    </div>
  );
}
