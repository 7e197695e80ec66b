/** A result that fits: what the caller selected of it, and no more tokens than it wants. */

import { estimateLong } from '../../catalog/estimate-tokens.ts';
import { ownResult, type ResultBody } from '../../protocol/era-codec.ts';
import { readObject, readObjectInTurns } from '../../protocol/json-rpc.ts';
import { elementsInTurns } from '../../protocol/json-text.ts';
import {
  findMember,
  parsedValue,
  type ScannedObject,
  stringValue,
  stringValueInTurns,
} from '../../protocol/members.ts';
import type { RelayContext } from '../../relay/relay-request.ts';
import { GatewayError } from '../../shared/errors.ts';
import { turnFor } from '../../shared/large-text.ts';
import { valueBody } from '../tool-answer.ts';
import { cutAt } from './cut-text.ts';
import type { ResultStore } from './result-store.ts';
import type { Selector } from './select.ts';

export interface Fitting {
  /** Tokens; undefined means no limit. */
  readonly maxTokens: number | undefined;
  readonly select: Selector | undefined;
  readonly store: ResultStore;
  /** The owner of the result. */
  readonly relay: Pick<RelayContext, 'ownerAndAgent' | 'owner' | 'permission' | 'client'>;
  readonly server: string;
  readonly tool: string;
  /** Labels of the result of a program; undefined for others, whose tool has them. */
  readonly labels?: readonly string[];
}

/**
 * The body itself where nothing has to be done, at once. Failures and results of another kind are never touched. Others get their
 * turn meanwhile where it is long.
 */
export function fitted(body: ResultBody, fitting: Fitting): Promise<ResultBody> | ResultBody {
  const { maxTokens, select } = fitting;
  if (body.resultType !== undefined && body.resultType !== 'complete') return body;
  // A token is at least one character, so that most results need not be looked at.
  if (select === undefined && (maxTokens === undefined || body.text.length <= maxTokens)) return body;
  return fitBody(body, fitting);
}

async function fitBody(body: ResultBody, fitting: Fitting): Promise<ResultBody> {
  const { text } = body;
  const { maxTokens, select } = fitting;
  if (select === undefined && (maxTokens === undefined || (await estimateLong(text)) <= maxTokens)) return body;
  const root = await readObjectInTurns(text);
  if (root === undefined) return body;
  const blocks = await blocksOf(text, root);
  if (blocks === undefined || parsedValue(text, findMember(root, 'isError')) === true) {
    if (select !== undefined || blocks === undefined) return body;
    return { ...(await cut(text, root, blocks, fitting)), isError: body.isError === true };
  }
  await turnFor(text.length);
  if (select === undefined) return cut(text, root, blocks, fitting);
  const json = await jsonOf(text, root, blocks);
  if (json === undefined) return unselected(body, root, blocks, fitting, 'the result is not JSON');
  let chosen: string;
  try {
    chosen = await select(json);
  } catch (error) {
    // The tool was executed: its result must not be lost to a selection that does not fit.
    if (error instanceof GatewayError) return unselected(body, root, blocks, fitting, error.message);
    throw error;
  }
  if (maxTokens === undefined || (await estimateLong(chosen)) <= maxTokens) {
    return valueBody(chosen, fitting.relay.client, 'JSON');
  }
  const shell = ownResult({ content: [] });
  return cut(shell.text, readObject(shell.text) ?? root, [{ raw: '', text: chosen }], fitting);
}

/** Blocks of a result that are looked at where it has to be cut. */
const MAX_BLOCKS = 1000;

interface Block {
  /** JSON text. */
  readonly raw: string;
  /** Undefined for images and everything else that is not text. */
  readonly text: string | undefined;
}

async function blocksOf(text: string, root: ScannedObject): Promise<Block[] | undefined> {
  const member = findMember(root, 'content');
  if (member === undefined || text.charAt(member.start) !== '[') return undefined;
  const all = await elementsInTurns(text.slice(member.start, member.end), MAX_BLOCKS + 1);
  if (all.length > MAX_BLOCKS) all[MAX_BLOCKS] = textBlock(`More than ${MAX_BLOCKS} blocks: the others are left out.`);
  const blocks: Block[] = [];
  for (const raw of all) {
    const block = raw.startsWith('{') && raw.includes('"text"') ? await readObjectInTurns(raw) : undefined;
    const isText = stringValue(raw, findMember(block, 'type')) === 'text';
    blocks.push({ raw, text: isText ? await stringValueInTurns(raw, findMember(block, 'text')) : undefined });
  }
  return blocks;
}

/** The value that `select` looks into: structured content, or the text of the only text block where it is JSON. */
async function jsonOf(text: string, root: ScannedObject, blocks: readonly Block[]): Promise<string | undefined> {
  const structured = findMember(root, 'structuredContent');
  if (structured !== undefined) return text.slice(structured.start, structured.end);
  const texts = blocks.flatMap((block) => block.text ?? []);
  const [only] = texts;
  if (only === undefined || texts.length > 1) return undefined;
  return (await isJson(only)) ? only : undefined;
}

/** Reads without making anything of it: a result can be long. */
async function isJson(text: string): Promise<boolean> {
  const root = await readObjectInTurns(`{"json":${text}}`);
  return root?.members.length === 1;
}

async function unselected(
  body: ResultBody,
  root: ScannedObject,
  blocks: readonly Block[],
  fitting: Fitting,
  why: string,
): Promise<ResultBody> {
  const note = `select was not applied: ${why}`;
  if (fitting.maxTokens !== undefined && (await estimateLong(body.text)) > fitting.maxTokens) {
    return cut(body.text, root, blocks, fitting, note);
  }
  return rewritten(body.text, root, [textBlock(note), ...blocks.map(({ raw }) => raw)], !hasText(blocks));
}

/** The result with the way to get the rest, text up to the limit, and everything else whole. The way comes first: clients cut what is long at its end or middle. */
async function cut(
  text: string,
  root: ScannedObject,
  blocks: readonly Block[],
  fitting: Fitting,
  note?: string,
): Promise<ResultBody> {
  const whole = blocks.flatMap((block) => block.text ?? []).join('\n\n');
  const json = await jsonOf(text, root, blocks);
  const kept: string[] = [];
  let left = fitting.maxTokens ?? Number.POSITIVE_INFINITY;
  let offset = 0;
  let isCut = false;
  for (const block of blocks) {
    if (block.text === undefined) {
      kept.push(block.raw);
      continue;
    }
    if (isCut) continue;
    const end = left < 1 ? 0 : await cutAt(block.text, 0, left);
    isCut = end < block.text.length;
    left -= await estimateLong(block.text.slice(0, end));
    offset += end + (isCut ? 0 : 2);
    if (!isCut) kept.push(block.raw);
    else if (end > 0) kept.push(textBlock(block.text.slice(0, end)));
  }
  const structured = findMember(root, 'structuredContent');
  if (!isCut && structured === undefined)
    return rewritten(text, root, [...notes(note), ...kept], note === undefined || !hasText(blocks));
  const { store, relay, server, tool, labels } = fitting;
  const { ownerAndAgent, owner } = relay;
  const handle = store.keep({
    ownerAndAgent,
    owner,
    server,
    tool,
    text: whole === '' && json !== undefined ? json : whole,
    json,
    labels,
    permitted: relay.permission(),
  });
  const rest = isCut
    ? `Cut here: ${await estimateLong(whole)} tokens in all. read_result(handle: "${handle}", offset: ${offset}) reads on`
    : `structuredContent is left out. read_result(handle: "${handle}", select: "…") picks from it`;
  const hint = isCut && json !== undefined ? `${rest}, or select with JMESPath.` : `${rest}.`;
  const shown = rewritten(text, root, [textBlock(hint), ...notes(note), ...kept], false);
  return { text: shown.text, metaAt: shown.metaAt, handle };
}

/** Clients that show structured content instead of text would not show what is said; the text holds the same. */
function hasText(blocks: readonly Block[]): boolean {
  return blocks.some(({ text }) => text !== undefined);
}

function notes(note: string | undefined): string[] {
  return note === undefined ? [] : [textBlock(note)];
}

function textBlock(text: string): string {
  return JSON.stringify({ type: 'text', text });
}

/** The result with other blocks; everything else stays the text it was. */
function rewritten(text: string, root: ScannedObject, blocks: readonly string[], withStructured: boolean): ResultBody {
  const parts: string[] = [];
  let metaAt = -1;
  let length = 1;
  for (const { key, keyStart, start, end } of root.members) {
    if (key === 'structuredContent' && !withStructured) continue;
    const part = key === 'content' ? `"content":[${blocks.join(',')}]` : text.slice(keyStart, end);
    if (key === '_meta' && text.charAt(start) === '{') metaAt = length + (start - keyStart) + 1;
    parts.push(part);
    length += part.length + 1;
  }
  const members = parts.join(',');
  return { text: `{${members}}`, members, metaAt };
}
