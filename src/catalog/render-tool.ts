/** Renders a tool for an agent, in as much detail as it wants. */
import { cutText } from '../shared/truncate.ts';
import type { ToolEntry } from './tool-entry.ts';
import { signature } from './tool-signature.ts';

export const DETAILS = ['names', 'brief', 'full'] as const;
export type Detail = (typeof DETAILS)[number];

/** Characters of a purpose. */
const MAX_PURPOSE = 120;

/** Characters of a description that a purpose is looked for in. */
const MAX_READ = 4096;

/** A tool in short: signature and purpose, or why there is no signature. */
interface Brief {
  /** Parameters in parentheses; undefined where the schema has no short form. */
  readonly signature: string | undefined;
  readonly purpose: string;
}

const briefs = new WeakMap<ToolEntry, Brief>();

/** Worked out once per definition. */
export function briefOf(entry: ToolEntry): Brief {
  let brief = briefs.get(entry);
  if (brief === undefined) {
    brief = { signature: signature(entry.inputSchema), purpose: purposeOf(entry) };
    briefs.set(entry, brief);
  }
  return brief;
}

/**
 * JSON text of a tool: its name, one line such as `create_issue(title: string) — Open an issue`, or its definition. A tool
 * without a short form gives its definition instead of the line.
 */
export function renderTool(entry: ToolEntry, detail: Detail): string {
  if (detail === 'names') return JSON.stringify(entry.name);
  if (detail === 'full') return definitionText(entry);
  const { signature: parameters, purpose } = briefOf(entry);
  if (parameters === undefined) return definitionText(entry, purpose);
  return JSON.stringify(`${entry.name}${parameters}${purpose === '' ? '' : ` — ${purpose}`}`);
}

/** Name, description and schema as the server gave them, without the white space between tokens. */
export function definitionText(entry: ToolEntry, description: string | undefined = entry.description): string {
  const said = JSON.stringify(description ?? '');
  return `{"name":${JSON.stringify(entry.name)},"description":${said},"inputSchema":${entry.inputSchema}}`;
}

/** The first sentence of the description, or the title: one line. */
function purposeOf({ name, title, description }: ToolEntry): string {
  const text = (description ?? '').slice(0, MAX_READ).replace(/\s+/g, ' ').trim();
  const sentence = /^.*?[.!?。](?=\s|$)/.exec(text)?.[0] ?? text;
  // A "sentence" as short as "E.g." or "Note:" says nothing yet.
  const told = sentence.length < 12 ? text : sentence;
  const purpose = told === '' && title !== name ? (title ?? '') : told;
  if (purpose.length <= MAX_PURPOSE) return purpose.replace(/\.$/, '');
  const cut = cutText(purpose, MAX_PURPOSE);
  const space = cut.lastIndexOf(' ');
  return `${space > MAX_PURPOSE / 2 ? cut.slice(0, space) : cut}…`;
}
