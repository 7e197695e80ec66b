import type { RefObject } from 'preact';
import { useEffect, useState } from 'preact/hooks';

/** The items that can be seen, in one direction: from the first to before the last. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

interface Extent {
  /** The number of items. */
  readonly count: number;
  /** Pixels of one. */
  readonly size: number;
  /** Pixels before the first that do not move. */
  readonly before: number;
}

/** Items beyond the edge that are there too, so that scrolling shows no holes. */
const MARGIN = 8;

/** The rows and columns of a table that can be seen in something that scrolls. */
export function useWindow(
  box: RefObject<HTMLElement | null>,
  rows: Extent,
  columns: Extent,
): { rows: Span; columns: Span } {
  const [place, setPlace] = useState({ top: 0, left: 0, height: 800, width: 1600 });
  useEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    let frame = 0;
    const look = (): void => {
      frame = 0;
      const { scrollTop: top, scrollLeft: left, clientHeight: height, clientWidth: width } = element;
      setPlace((last) =>
        last.top === top && last.left === left && last.height === height && last.width === width
          ? last
          : { top, left, height, width },
      );
    };
    const moved = (): void => {
      if (frame === 0) frame = requestAnimationFrame(look);
    };
    look();
    const sizes = new ResizeObserver(moved);
    sizes.observe(element);
    element.addEventListener('scroll', moved, { passive: true });
    return () => {
      cancelAnimationFrame(frame);
      sizes.disconnect();
      element.removeEventListener('scroll', moved);
    };
  }, [box]);
  return { rows: spanOf(rows, place.top, place.height), columns: spanOf(columns, place.left, place.width) };
}

function spanOf({ count, size, before }: Extent, start: number, length: number): Span {
  const from = Math.max(0, Math.min(count, Math.floor((start - before) / size) - MARGIN));
  return { from, to: Math.min(count, Math.ceil((start + length) / size) + MARGIN) };
}
