import { useEffect, useState } from 'preact/hooks';
import type { SignInLinkReport, SignInReport } from '../../src/ui/api.ts';
import { post } from '../api.ts';
import { useData } from '../use-data.ts';
import { Failed } from './empty.tsx';

const STATES: Readonly<Record<SignInReport['state'], string>> = {
  'signed-in': 'Signed in',
  over: 'The sign-in is over',
  unreadable: 'The sign-in cannot be read',
  none: 'Nobody is signed in',
  header: 'Its entry has an Authorization header',
};
/** Milliseconds between two looks while a person signs in. */
const REFRESH = 1500;

interface Props {
  readonly server: string;
  readonly mayWrite: boolean;
}

/** The sign-ins to a server, and the way to another one. */
export function SignIns({ server, mayWrite }: Props) {
  const path = `servers/${encodeURIComponent(server)}/sign-in`;
  const [link, setLink] = useState<SignInLinkReport>();
  const [fault, setFault] = useState<Error>();
  const { data, error } = useData<readonly SignInReport[]>(`${path}s`, link === undefined ? 0 : REFRESH);
  const url = isAddress(link?.url) ? link.url : undefined;
  const isIn = data?.some(({ state }) => state === 'signed-in') === true;
  useEffect(() => {
    if (isIn) setLink(undefined);
  }, [isIn]);
  const begin = async (): Promise<void> => {
    setFault(undefined);
    try {
      setLink(await post<SignInLinkReport>(path, {}));
    } catch (failure) {
      setFault(failure as Error);
    }
  };
  if (error !== undefined) return <Failed error={error} />;
  if (data === undefined || data.length === 0) return null;
  return (
    <>
      <h3>Sign-in</h3>
      {data.map((report) => (
        <p key={report.principal ?? ''} class="state sign-in">
          <span class={`dot ${report.state === 'signed-in' ? 'good' : report.state === 'over' ? 'bad' : 'idle'}`} />
          {sentence(report)}
        </p>
      ))}
      {fault !== undefined && <Failed error={fault} />}
      {url !== undefined && (
        <p role="status">
          <a href={url} target="_blank" rel="noopener noreferrer">
            Sign in at <bdi>{link?.where}</bdi>
          </a>
          , in a browser on the machine of the gateway.
        </p>
      )}
      {link !== undefined && link.url === undefined && (
        <p role="status">It takes the client of its entry: nobody has to sign in.</p>
      )}
      {data.every(({ state, credentials }) => state !== 'header' && credentials !== 'per-principal') && (
        <p class="buttons">
          <button type="button" class="quiet" disabled={!mayWrite} onClick={() => void begin()}>
            {isIn ? 'Sign in anew' : 'Sign in'}
          </button>
        </p>
      )}
    </>
  );
}

function sentence({ state, principal, issuer, scopes = [], expires_at: expires, renews }: SignInReport): string {
  const parts = [
    principal === undefined ? STATES[state] : `${principal}: ${STATES[state].toLowerCase()}`,
    issuer === undefined ? undefined : `at ${issuer}`,
    scopes.length === 0 ? undefined : `for ${scopes.join(', ')}`,
    renews === true
      ? 'renewed by itself'
      : expires === undefined
        ? undefined
        : `until ${new Date(expires).toLocaleString()}`,
  ];
  return parts.filter((part) => part !== undefined).join(', ');
}

/** The gateway gives no others; a link that runs something is shown nowhere. */
function isAddress(url: string | undefined): url is string {
  return url !== undefined && /^https?:\/\//.test(url);
}
