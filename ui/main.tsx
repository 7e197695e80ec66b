import { render } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { hasOperatorToken, keepOperatorToken, takeToken, wantsToken } from './api.ts';
import { LinkNeeded } from './parts/empty.tsx';
import { Frame } from './parts/frame.tsx';
import { TokenNeeded } from './parts/token-needed.tsx';
import { Approvals } from './views/approvals.tsx';
import { Calls } from './views/calls.tsx';
import { Definitions } from './views/definitions.tsx';
import { Now } from './views/now.tsx';
import { Rules } from './views/rules.tsx';
import { Savings } from './views/savings.tsx';
import { Servers } from './views/servers.tsx';

/** The place in the page: a view, and what it is asked to show. */
interface Place {
  readonly view: string;
  readonly query: URLSearchParams;
}

const VIEWS = {
  now: Now,
  calls: Calls,
  approvals: Approvals,
  definitions: Definitions,
  rules: Rules,
  servers: Servers,
  savings: Savings,
} as const;

function placeOf(hash: string): Place {
  const [view = '', query = ''] = hash.replace(/^#\/?/, '').split('?');
  return { view: view in VIEWS ? view : 'now', query: new URLSearchParams(query) };
}

function App({ wasUsed }: { readonly wasUsed: boolean }) {
  const [place, setPlace] = useState(() => placeOf(location.hash));
  const [isViewer, setIsViewer] = useState(wantsToken ? hasOperatorToken() : !wasUsed);
  const [refused, setRefused] = useState<string>();
  useEffect(() => {
    const moved = (): void => {
      setPlace(placeOf(location.hash));
      document.querySelector('main')?.focus();
    };
    addEventListener('hashchange', moved);
    return () => removeEventListener('hashchange', moved);
  }, []);
  if (!isViewer && wantsToken) return <TokenNeeded refused={refused} given={() => setIsViewer(true)} />;
  if (!isViewer) return <LinkNeeded wasUsed={wasUsed} />;
  const leave = (why: string | undefined): void => {
    if (wantsToken) keepOperatorToken(undefined);
    setRefused(why);
    setIsViewer(false);
  };
  const View = VIEWS[place.view as keyof typeof VIEWS];
  return (
    <Frame view={place.view} leave={leave}>
      <View query={place.query} />
    </Frame>
  );
}

const root = document.getElementById('app');
if (root !== null) render(<App wasUsed={takeToken()} />, root);
