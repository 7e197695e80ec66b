import type { ComponentChildren } from 'preact';

interface ScrollProps {
  readonly label: string;
  readonly kind?: string;
  readonly children: ComponentChildren;
}

/** Something wide: by keyboard it is reached and moved like everything else. */
export function Scroll({ label, kind = '', children }: ScrollProps) {
  return (
    <section class={`scroll ${kind}`} tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
