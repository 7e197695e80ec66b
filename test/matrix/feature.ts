/** One thing that the protocol has, as a test for the cells that it concerns. */
import { expect } from 'vitest';
import type { Answer, RpcMessage } from '../support/rpc.ts';
import type { Bench, Cell, ServerName, Side } from './cells.ts';

export interface Feature {
  /** Row of the table in docs/protocol.md. */
  readonly row: string;
  /** `crosses`, `is refused: ...` or `is left out: ...`: what the table says. */
  readonly outcome: string;
  readonly concerns: (cell: Cell) => boolean;
  readonly run: (bench: Bench) => Promise<void>;
}

/** Which cells a feature concerns: those that have one of the values for each field. */
export type Which = { readonly [Field in keyof Cell]?: Cell[Field] | readonly Cell[Field][] };

const ALL: Which = {};

export function feature(row: string, outcome: string, run: Feature['run'], which: Which = ALL): Feature {
  const concerns = (cell: Cell): boolean =>
    (Object.keys(which) as (keyof Cell)[]).every((field) => ([which[field]].flat() as string[]).includes(cell[field]));
  return { row, outcome, concerns, run };
}

/** The same for each of our two servers: one over stdio, one over HTTP. */
export function onBoth(run: (side: Side, server: ServerName, bench: Bench) => Promise<void>): Feature['run'] {
  return async (bench) => {
    for (const server of ['one', 'two'] as const) await run(await bench.at(server), server, bench);
  };
}

export function titleOf({ row, outcome }: Feature): string {
  return `${row} ${outcome}`;
}

export function resultOf({ message, text }: Answer): Record<string, unknown> {
  if (message.result === undefined) throw new Error(`No result: ${text.slice(0, 300)}`);
  return { ...message.result };
}

export function errorOf({ message, text }: Answer): NonNullable<RpcMessage['error']> {
  if (message.error === undefined) throw new Error(`No error: ${text.slice(0, 300)}`);
  return message.error;
}

/** The error that a server answered a call of a tool with: in the discovery view it is the result of `execute_tool`. */
export function toolErrorOf(answer: Answer): NonNullable<RpcMessage['error']> {
  return (JSON.parse(toolErrorText(answer)) as { error: NonNullable<RpcMessage['error']> }).error;
}

/** The text of an object that has it as `error`. */
export function toolErrorText(answer: Answer): string {
  const { content, isError } = (answer.message.result ?? {}) as { content?: { text?: string }[]; isError?: boolean };
  if (isError === true) return content?.[0]?.text ?? '{}';
  errorOf(answer);
  return answer.text;
}

/** The text of the first block of a tool's result, which must be a success. */
export function said(answer: Answer): string {
  const { content, isError } = resultOf(answer) as { content?: { text?: string }[]; isError?: boolean };
  expect(isError ?? false, answer.text).toBe(false);
  return content?.[0]?.text ?? '';
}

/** All entries of a list, page by page. */
export async function entriesOf(
  { caller }: Pick<Side, 'caller'>,
  method: string,
  field: string,
): Promise<Record<string, unknown>[]> {
  const all: Record<string, unknown>[] = [];
  let cursor: unknown;
  do {
    const result = resultOf(await caller.call(method, cursor === undefined ? {} : { cursor }));
    all.push(...(result[field] as Record<string, unknown>[]));
    cursor = result['nextCursor'];
  } while (cursor !== undefined);
  return all;
}
