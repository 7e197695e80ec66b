/** One tool of a server, as the server defined it. */
import { readObject } from '../protocol/json-rpc.ts';
import { compact, elements } from '../protocol/json-text.ts';
import { findMember, stringValue, valueText } from '../protocol/members.ts';
import { type ParamHeader, type ParamHeaders, readParamHeaders } from '../protocol/param-headers.ts';
import { withoutUnseen } from '../shared/unseen.ts';
import { clearDefinition, digestOf, nameIn } from './definition.ts';
import { frameOf, type PageFrame } from './page-frame.ts';
import { visibleJson } from './visible-text.ts';

export interface ToolEntry {
  readonly name: string;
  /** Title, description and schema are without characters that nobody sees; the hash is of what the server wrote. */
  readonly title: string | undefined;
  readonly description: string | undefined;
  /** The definition as the exact text that the server wrote. */
  readonly raw: string;
  /** Text of the input schema without white space between tokens; `{"type":"object"}` where there is none. */
  readonly inputSchema: string;
  readonly annotations: Readonly<Record<string, unknown>> | undefined;
  /** Parameters that are repeated in headers over HTTP. */
  readonly paramHeaders: readonly ParamHeader[];
  /** SHA-256 (hex) of the whole definition (`digestOf`); where the entry of the server changes it, of both forms. */
  readonly hash: string;
  /** The definition of the server, where agents see another one. */
  readonly original?: ToolEntry | undefined;
}

/** One page of `tools/list`. */
interface ToolsPage {
  readonly tools: readonly ToolEntry[];
  readonly nextCursor: string | undefined;
  readonly frame: PageFrame;
  /** The reason why definitions were left out: a sentence each. */
  readonly rejected: readonly string[];
}

/**
 * Reads the text of a `tools/list` result.
 * @param hasHeaders true where the tools are called over HTTP: definitions with invalid header annotations are left out.
 * @returns undefined when the result has no list of tools.
 */
export function readToolsPage(text: string, hasHeaders: boolean): ToolsPage | undefined {
  const root = readObject(text);
  const list = findMember(root, 'tools');
  if (root === undefined || list === undefined || text.charAt(list.start) !== '[') return undefined;
  const tools: ToolEntry[] = [];
  const rejected: string[] = [];
  for (const raw of elements(text.slice(list.start, list.end))) {
    const entry = readTool(raw, hasHeaders);
    if (typeof entry === 'string') rejected.push(entry);
    else tools.push(entry);
  }
  const nextCursor = stringValue(text, findMember(root, 'nextCursor'));
  return { tools, rejected, nextCursor, frame: frameOf(text, root, list) };
}

/** A tool, or why it is left out. @param hasHeaders as above. @param from what was made into `written`, and the digest of both */
export function readTool(
  written: string,
  hasHeaders: boolean,
  from?: Required<Pick<ToolEntry, 'original' | 'hash'>>,
): ToolEntry | string {
  const raw = clearDefinition(written);
  if (raw === undefined) return `Tool${nameIn(written, 'name')} is left out: ${UNCLEAR}.`;
  const root = readObject(raw);
  const part = (key: string): string | undefined => valueText(raw, findMember(root, key));
  const string = (key: string): string | undefined => stringValue(raw, findMember(root, key));
  const visible = (key: string): string | undefined => {
    const text = string(key);
    return text === undefined ? undefined : withoutUnseen(text);
  };
  const name = string('name');
  if (name === undefined || name === '') return 'A definition has no name.';
  const schema = part('inputSchema');
  const readHeaders = (): ParamHeaders => (schema === undefined ? NO_HEADERS : readParamHeaders(JSON.parse(schema)));
  let headers: ParamHeaders | undefined;
  if (hasHeaders) {
    headers = readHeaders();
    if (!headers.ok) return `Tool "${name.slice(0, 128)}" is left out: ${headers.reason}.`;
  }
  const annotations = part('annotations');
  let compacted: string | undefined;
  return {
    name,
    title: visible('title'),
    description: visible('description'),
    raw,
    get inputSchema() {
      compacted ??= schema === undefined ? '{"type":"object"}' : visibleJson(compact(schema));
      return compacted;
    },
    annotations: annotations?.startsWith('{') ? (JSON.parse(annotations) as Record<string, unknown>) : undefined,
    get paramHeaders() {
      headers ??= readHeaders();
      return headers.ok ? headers.headers : [];
    },
    hash: from?.hash ?? digestOf(raw),
    original: from?.original,
  };
}

const UNCLEAR = 'its definition is no object, or a key stands twice in it or differs from another one only in case';
const NO_HEADERS = { ok: true, headers: [] } as const;
