/** The capabilities of a caller that may be offered to servers: those that the gateway can carry, and nothing else. */
import { APPS, TASKS } from '../protocol/extensions.ts';
import { dropNulls } from '../protocol/nulls.ts';
import type { Era } from '../protocol/revisions.ts';

export interface Offered {
  /** To servers of the 2025 revisions: canonical JSON text, `{}` for none. */
  readonly capabilities: string;
  /** The same to servers of 2026-07-28. */
  readonly requestCapabilities: string;
}

export const NOTHING_OFFERED: Offered = { capabilities: '{}', requestCapabilities: '{}' };

type Fields = Readonly<Record<string, unknown>>;

const CARRIED = ['elicitation', 'roots', 'sampling'];

/** The last answer: callers of 2026-07-28 declare the same with every request. */
let last:
  | { readonly declared: string; readonly era: Era; readonly transparent: boolean; readonly offered: Offered }
  | undefined;

/**
 * @param declared text of the caller's `capabilities` object.
 * @param era that of the caller.
 * @param transparent true where it sees one server as it is: then extensions that the gateway does not know pass too.
 */
export function offeredOf(declared: string | undefined, era: Era, transparent: boolean): Offered {
  if (declared === undefined || declared === '{}' || !declared.startsWith('{')) return NOTHING_OFFERED;
  if (last?.declared === declared && last.era === era && last.transparent === transparent) return last.offered;
  const offered = readOffered(declared, era, transparent);
  last = { declared, era, transparent, offered };
  return offered;
}

function readOffered(declared: string, era: Era, transparent: boolean): Offered {
  const fields = JSON.parse(declared) as Fields;
  const common: Record<string, unknown> = {};
  for (const name of transparent ? [...CARRIED, 'experimental'] : CARRIED) {
    const value = member(fields, name);
    if (value !== undefined) common[name] = name === 'experimental' ? value : dropNulls(value);
  }
  // In 2026-07-28 nobody tells of changed roots, and clients run no tasks.
  const unchanging = 'roots' in common ? { ...common, roots: {} } : common;
  const tasks = member(fields, 'tasks');
  const legacy = tasks === undefined ? common : { ...common, tasks: dropNulls(tasks) };
  const extensions = Object.entries(member(fields, 'extensions') ?? {})
    .filter(([, settings]) => settings !== null)
    .sort(([one], [other]) => (one < other ? -1 : 1));
  const known = extensions.filter(([id]) => id !== TASKS && (transparent || id === APPS));
  // Only callers and servers of 2026-07-28 have what a task needs of its client.
  const modern = era === 'modern' ? [...known, ...extensions.filter(([id]) => id === TASKS)] : known;
  return {
    capabilities: text(era === 'legacy' ? legacy : unchanging, known),
    requestCapabilities: text(unchanging, modern),
  };
}

/** True if requests with these capabilities may be answered with a task (ext-tasks, Capability Negotiation). */
export function takesTasks({ requestCapabilities }: Offered): boolean {
  if (!requestCapabilities.includes(TASKS)) return false;
  return member(member(JSON.parse(requestCapabilities) as Fields, 'extensions') ?? {}, TASKS) !== undefined;
}

/** The same without the extension of tasks. */
export function withoutTasks(requestCapabilities: string): string {
  if (!requestCapabilities.includes(TASKS)) return requestCapabilities;
  const { extensions, ...common } = JSON.parse(requestCapabilities) as Fields & { readonly extensions?: Fields };
  return text(
    common,
    Object.entries(extensions ?? {}).filter(([id]) => id !== TASKS),
  );
}

function text(common: Fields, extensions: readonly [string, unknown][]): string {
  return JSON.stringify(extensions.length === 0 ? common : { ...common, extensions: Object.fromEntries(extensions) });
}

function member(fields: Fields, name: string): Fields | undefined {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  // PHP writes an object in which there is nothing as an array.
  if (Array.isArray(value)) return value.length === 0 ? {} : undefined;
  return typeof value === 'object' && value !== null ? (value as Fields) : undefined;
}
