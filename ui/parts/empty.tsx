import type { ComponentChildren } from 'preact';

interface EmptyProps {
  readonly title: string;
  readonly children?: ComponentChildren;
}

/** Says why there is nothing, and what to do. */
export function Empty({ title, children }: EmptyProps) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** A command to copy. */
export function Command({ children }: { readonly children: string }) {
  return (
    <div class="command">
      <code>{children}</code>
      <button type="button" class="quiet" onClick={() => void navigator.clipboard.writeText(children)}>
        Copy
      </button>
    </div>
  );
}

/** The page for somebody who has not used a gateway yet. */
export function FirstSteps() {
  return (
    <>
      <p>Put the gateway in front of the servers that your clients know:</p>
      <Command>agent-mcp-gateway setup</Command>
      <p>or connect one client, and start it:</p>
      <Command>agent-mcp-gateway connect claude-code</Command>
      <p>Each client starts its own gateway. It shows up here as soon as it runs.</p>
    </>
  );
}

export function LinkNeeded({ wasUsed }: { readonly wasUsed: boolean }) {
  return (
    <div class="frame alone">
      <main>
        <Empty title={wasUsed ? 'This link was used before' : 'This browser may not look'}>
          <p>Each link works once, for one browser. Press Enter where the page was started, or start it again:</p>
          <Command>agent-mcp-gateway ui</Command>
        </Empty>
      </main>
    </div>
  );
}

export function Failed({ error }: { readonly error: Error }) {
  return (
    <p class="failed" role="alert">
      {error.message}
    </p>
  );
}

/** As high as what comes, so that nothing jumps. */
export function Loading() {
  return (
    <p class="loading" aria-live="polite">
      Loading
    </p>
  );
}
