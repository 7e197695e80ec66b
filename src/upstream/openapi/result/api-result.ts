/** An HTTP response -> the result of a tool, as JSON text. */
import { isUtf8 } from 'node:buffer';
import { STATUS_CODES } from 'node:http';
import { readObjectInTurns } from '../../../protocol/json-rpc.ts';
import { decodeLarge, isLarge } from '../../../shared/large-text.ts';
import type { OperationPlan } from '../call-plan.ts';

/** A response, read to its end. */
export interface ApiResponse {
  readonly status: number;
  /** Media type without parameters, in small letters. */
  readonly type: string;
  readonly body: Buffer;
  /** Headers that say how to go on, by name; only those that are there. */
  readonly headers: ReadonlyMap<string, string>;
}

/** Headers that are told to callers: how to read on, where the new thing is, when to come back. */
export const TOLD_HEADERS = ['link', 'location', 'retry-after'] as const;

const JSON_TYPE = /^(?:application|text)\/(?:[\w.-]+\+)?json$/;
const TEXT_TYPE = /^text\/|^application\/(?:[\w.-]+\+)?(?:xml|yaml|x-yaml|javascript|x-ndjson|jsonl|graphql|sql|toml)$/;

/** @param address of the operation, without its query: the name of content that is no text */
export async function apiResult(response: ApiResponse, plan: OperationPlan, address: string): Promise<string> {
  const { status, type, body } = response;
  const isFailed = status >= 400;
  const reason = `HTTP ${status}${STATUS_CODES[status] === undefined ? '' : ` ${STATUS_CODES[status]}`}`;
  const text = body.length === 0 ? '' : await textOf(type, body);
  const json = text !== undefined && isJsonType(type, text) ? await jsonOf(text) : undefined;
  const content: string[] = [];
  if (isFailed) content.push(block(text === '' || text === undefined ? reason : `${reason}: ${text}`));
  else if (text === undefined) content.push(binaryBlock(type, body, address));
  else content.push(block(text === '' ? reason : text));
  const told = [...response.headers].map(([name, value]) => `${name}: ${value}`);
  if (told.length > 0) content.push(block(told.join('\n')));
  if (isFailed) {
    const said = json === undefined ? '' : `,"body":${json.text}`;
    return `{"content":[${content.join()}],"structuredContent":{"status":${status}${said}},"isError":true}`;
  }
  if (json === undefined) {
    const isMissed = plan.hasOutput;
    if (isMissed) content.unshift(block(`${reason}: the API did not answer with JSON, as its document says it does.`));
    return `{"content":[${content.join()}]${isMissed ? ',"isError":true' : ''}}`;
  }
  const structured = json.isObject ? json.text : `{"result":${json.text}}`;
  return `{"content":[${content.join()}],"structuredContent":${structured}}`;
}

/** A result that says what was wrong with the arguments. */
export function faultResult(text: string): string {
  return `{"content":[${block(text)}],"isError":true}`;
}

function block(text: string): string {
  return `{"type":"text","text":${JSON.stringify(text)}}`;
}

function binaryBlock(type: string, body: Buffer, address: string): string {
  const data = body.toString('base64');
  const mimeType = JSON.stringify(type === '' ? 'application/octet-stream' : type);
  const kind = /^(image|audio)\//.exec(type)?.[1];
  if (kind !== undefined) return `{"type":"${kind}","data":"${data}","mimeType":${mimeType}}`;
  const resource = `{"uri":${JSON.stringify(address)},"mimeType":${mimeType},"blob":"${data}"}`;
  return `{"type":"resource","resource":${resource}}`;
}

/** Undefined for what is no text. */
async function textOf(type: string, body: Buffer): Promise<string | undefined> {
  const mayBeText = type === '' || TEXT_TYPE.test(type) || JSON_TYPE.test(type);
  if (!mayBeText || !isUtf8(body)) return undefined;
  const text = isLarge(body.length) ? await decodeLarge(body) : body.toString('utf8');
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

function isJsonType(type: string, text: string): boolean {
  return text !== '' && (JSON_TYPE.test(type) || (type === '' && /^\s*[[{]/.test(text)));
}

/** The text of JSON that can be a part of a message; undefined for anything else. */
async function jsonOf(text: string): Promise<{ readonly text: string; readonly isObject: boolean } | undefined> {
  const trimmed = text.trim();
  const found = await readObjectInTurns(`{"result":${trimmed}}`);
  return found?.members.length === 1 ? { text: trimmed, isObject: trimmed.startsWith('{') } : undefined;
}
