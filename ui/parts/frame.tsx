import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import type { Now } from '../../src/ui/api.ts';
import { NotAViewer, wantsToken } from '../api.ts';
import { useData } from '../use-data.ts';
import { NowContext } from './now-context.ts';

const LINKS = [
  ['now', 'Now'],
  ['calls', 'Calls'],
  ['approvals', 'Approvals'],
  ['definitions', 'Definitions'],
  ['rules', 'Rules'],
  ['servers', 'Servers'],
  ['savings', 'Savings'],
] as const;

const TITLES: Readonly<Record<string, string>> = Object.fromEntries(LINKS);
/** Milliseconds. */
const REFRESH = 2000;

interface FrameProps {
  readonly view: string;
  /** Shows nothing any more. @param why undefined where the person wants that */
  readonly leave: (why: string | undefined) => void;
  readonly children: ComponentChildren;
}

/** The frame of every view: the other views, and the state of the gateways. */
export function Frame({ view, leave, children }: FrameProps) {
  const now = useData<Now>('now', REFRESH);
  const waiting = now.data?.waiting ?? 0;
  const counts: Readonly<Record<string, number>> = { approvals: waiting, definitions: now.data?.held ?? 0 };
  useEffect(() => {
    document.title = `${waiting > 0 ? `(${waiting}) ` : ''}${TITLES[view] ?? ''} · agent-mcp-gateway`;
  }, [view, waiting]);
  useEffect(() => {
    document.querySelector('nav [aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [view]);
  useEffect(() => {
    if (now.error instanceof NotAViewer) leave(now.error.message);
  }, [now.error, leave]);
  return (
    <NowContext.Provider value={now}>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      <div class="frame">
        <header class="side">
          <p class="brand">
            <Mark />
            <span>agent-mcp-gateway</span>
          </p>
          <nav aria-label="Views">
            {LINKS.map(([name, title]) => (
              <a key={name} href={`#/${name}`} aria-current={name === view ? 'page' : undefined}>
                {title}
                {(counts[name] ?? 0) > 0 && <span class="count">{counts[name]}</span>}
              </a>
            ))}
          </nav>
          {wantsToken && (
            <button type="button" class="quiet leave" onClick={() => leave(undefined)}>
              Forget the token
            </button>
          )}
          <Pulse now={now.data} error={now.error} />
        </header>
        <main id="main" tabIndex={-1}>
          <h1>{TITLES[view]}</h1>
          {children}
        </main>
      </div>
    </NowContext.Provider>
  );
}

function Pulse({ now, error }: { readonly now: Now | undefined; readonly error: Error | undefined }) {
  const count = now?.gateways.length ?? 0;
  const running = count === 0 ? 'No gateway runs' : count === 1 ? '1 gateway runs' : `${count} gateways run`;
  const text = error !== undefined ? 'Not connected' : now === undefined ? 'Loading' : running;
  const state = error !== undefined ? 'bad' : count > 0 ? 'good' : 'idle';
  return (
    <p class="pulse" role="status">
      <span class={`dot ${state}`} />
      {text}
    </p>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
      <rect x="9.2" y="3" width="5.6" height="18" rx="2.8" fill="currentColor" />
      <path
        d="M2 7h5M2 12h5M2 17h5M17 7h5M17 12h5M17 17h5"
        stroke="currentColor"
        stroke-width="2"
        stroke-linecap="round"
        opacity=".45"
      />
    </svg>
  );
}
