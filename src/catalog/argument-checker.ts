/**
 * Checks arguments against a tool's input schema (JSON Schema 2020-12), and says where they do not fit. A help for whoever wrote the arguments,
 * no guard: the server checks for itself, so what cannot be checked within bounds is forwarded unchecked.
 */
import type { ValidateFunction } from 'ajv';
import { jobThreads } from '../shared/job-threads.ts';
import { within } from '../shared/wait-for.ts';
import type { Log } from '../upstream/contract.ts';
import type { Checked } from './check-job.ts';
import { checkableSchema, isShortCheck, SHORT_WEIGHT } from './check-schema.ts';
import type { ToolEntry } from './tool-entry.ts';

/** Characters of arguments that are checked. */
const MAX_ARGUMENTS = 500_000;
/** Milliseconds for a check that is not, and for it to get its turn. */
const LIMIT_MS = 1000;
const PATIENCE_MS = 2000;

/** The arguments of a call. */
export interface CalledWith {
  readonly server: string;
  readonly entry: ToolEntry;
  /** JSON text of an object. */
  readonly args: string;
  /** The owner of the call: checks of one owner never make those of others wait for long. */
  readonly owner: string;
}

export interface Checker {
  /**
   * @param when a check before every call is done on the spot where it is short; one that explains a failure leaves the main thread alone.
   * @returns where the arguments do not fit and what was expected, a phrase each; empty where they fit or nothing can be said.
   */
  problems(call: CalledWith, when: 'before' | 'after'): Promise<readonly string[]>;
}

interface Prepared {
  readonly weight: number;
  /** Undefined for a schema that only a thread compiles. */
  readonly validate: ValidateFunction | undefined;
}

export function createChecker(log: Log): Checker {
  // By definition: a schema that changes is a new entry.
  const prepared = new WeakMap<ToolEntry, Promise<Prepared | undefined>>();
  const unchecked = new WeakSet<ToolEntry>();
  const unusable = (server: string, { name }: ToolEntry, reason: string): void => {
    log.warn({ server, tool: name, reason }, 'arguments of a tool cannot be checked: its schema does not compile');
  };
  const prepare = (server: string, entry: ToolEntry): Promise<Prepared | undefined> => {
    let known = prepared.get(entry);
    if (known === undefined) {
      known = prepareSchema(entry).catch((error: unknown) => {
        unusable(server, entry, error instanceof Error ? error.message.slice(0, 200) : '');
        return undefined;
      });
      prepared.set(entry, known);
    }
    return known;
  };
  return {
    async problems({ server, entry, args, owner }, when) {
      if (args.length > MAX_ARGUMENTS || unchecked.has(entry)) return [];
      if (when === 'before') {
        const known = await prepare(server, entry);
        if (known === undefined) return [];
        const { weight, validate } = known;
        if (validate !== undefined && isShortCheck(weight, args)) {
          const { problemsOf } = await import('./check-job.ts');
          return problemsOf(validate, args);
        }
      }
      const checked = await checkAside(entry, args, owner);
      if (checked === undefined) {
        log.warn({ server, tool: entry.name }, 'arguments of a tool were not checked: it would take too long');
        return [];
      }
      if ('problems' in checked) return checked.problems;
      unchecked.add(entry);
      unusable(server, entry, checked.unusable);
      return [];
    },
  };
}

/** @throws Error for a schema that cannot be checked against */
async function prepareSchema({ inputSchema }: ToolEntry): Promise<Prepared> {
  const { schema, weight } = checkableSchema(inputSchema);
  if (weight > SHORT_WEIGHT) return { weight, validate: undefined };
  // Not loaded before it is needed: most calls succeed.
  const { compileSchema } = await import('./check-job.ts');
  return { weight, validate: compileSchema(schema, true) };
}

/** @returns undefined where it takes too long, or too many wait already. */
async function checkAside(entry: ToolEntry, args: string, owner: string): Promise<Checked | undefined> {
  const check = { schema: entry.inputSchema, args };
  const threads = jobThreads();
  if (threads === undefined) return (await import('./check-job.ts')).checkArguments(check);
  const answer = threads.run(owner, { check }, LIMIT_MS).catch(() => undefined);
  return (await within(answer, PATIENCE_MS)) as Checked | undefined;
}
