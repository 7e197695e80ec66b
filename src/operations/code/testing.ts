/** For tests: a program in a sandbox of this thread, with tools that answer at once. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Failure } from './failure.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { openSandbox } from './sandbox.ts';
import { withoutTypes } from './types-removal.ts';

export interface Ended {
  readonly done?: string;
  readonly failed?: Failure;
  readonly logs: readonly string[];
}

let compiled: Promise<WebAssembly.Module> | undefined;

/** QuickJS, compiled once. */
export function quickjs(): Promise<WebAssembly.Module> {
  const path = createRequire(import.meta.url).resolve('@jitl/quickjs-wasmfile-release-sync/wasm');
  compiled ??= WebAssembly.compile(readFileSync(path));
  return compiled;
}

type Answer = (kind: string, what: unknown) => { result: unknown } | { error: { code: string; message: string } };

/** Runs a program to its end. One that waits for nothing has no end: `done` and `failed` are undefined then. */
export async function runAlone(
  source: string,
  answer: Answer = () => ({ result: { content: [] } }),
  limits: Partial<typeof DEFAULT_LIMITS> = {},
): Promise<Ended> {
  const sandbox = await openSandbox(await quickjs());
  const logs: string[] = [];
  const ended: { done?: string; failed?: Failure } = {};
  const asked: { kind: string; id: number; text: string }[] = [];
  const host = {
    asked: (kind: string, id: number, text: string) => void asked.push({ kind, id, text }),
    logged: (text: string) => void logs.push(text),
    done: (text: string) => {
      ended.done = text;
    },
    failed: (failure: Failure) => {
      ended.failed = failure;
    },
    shouldStop: () => false,
  };
  const all = { ...DEFAULT_LIMITS, ...limits };
  await sandbox.start(source, all, host, async (code) => withoutTypes(code));
  for (let next = asked.shift(); next !== undefined && !sandbox.isOver; next = asked.shift()) {
    const { kind, id, text } = next;
    const said = kind === 'sleep' ? undefined : answer(kind, JSON.parse(text));
    if (said === undefined) sandbox.settle(id, true, '');
    else if ('result' in said) sandbox.settle(id, true, JSON.stringify(said.result));
    else sandbox.settle(id, false, JSON.stringify(said.error));
  }
  return { ...ended, logs };
}
