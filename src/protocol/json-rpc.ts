/** JSON-RPC 2.0 messages as data: what one text holds, with spans for everything that is not ours. */

import { inTurns, isLarge, STEP, turnFor } from '../shared/large-text.ts';
import { oneLine, oneLineInTurns } from './json-text.ts';
import { hasRepeatedKey, hasTooManyMembers, MAX_MEMBERS, MESSAGE_NAMES, misspelled, shapeOf } from './member-names.ts';
import {
  findMember,
  findMemberOrNull,
  isEmptyArray,
  type Member,
  parsedValue,
  type ScannedObject,
  type Shape,
  stringStart,
  stringValue,
} from './members.ts';
import { canonicalId, type FoundIds, type IdText, idsIn, idsInTurns } from './request-id.ts';
import { type JsonScanOptions, Scan, scanObject } from './scan.ts';
import { ScanError } from './scan-error.ts';

export interface RequestMessage {
  readonly kind: 'request';
  readonly text: string;
  readonly id: IdText;
  readonly method: string;
  readonly params: ScannedObject | undefined;
}

export interface NotificationMessage {
  readonly kind: 'notification';
  readonly text: string;
  readonly method: string;
  readonly params: ScannedObject | undefined;
}

export interface ResponseMessage {
  readonly kind: 'response';
  readonly text: string;
  /** `null` where an error answers a message whose id could not be read. */
  readonly id: IdText;
  readonly result: Member | undefined;
  readonly error: Member | undefined;
}

export interface InvalidMessage {
  readonly kind: 'invalid';
  readonly code: 'PARSE_ERROR' | 'INVALID_REQUEST';
  readonly message: string;
  /** The id to answer with, `null` where it could not be read. */
  readonly id: IdText;
  /** The id of the request that it answers, where it can only be a response; looked for in messages of callers. */
  readonly responseId: IdText | undefined;
}

/** A reason why a message cannot be read. */
interface Flaw {
  readonly kind: 'flaw';
  readonly code: InvalidMessage['code'];
  readonly message: string;
  /** Undefined where it has to be looked for. */
  readonly id: IdText | undefined;
}

/** An array of messages: revision 2025-03-26 has them, no other has. */
interface BatchMessage {
  readonly kind: 'batch';
  readonly text: string;
}

export type Message = RequestMessage | NotificationMessage | ResponseMessage | InvalidMessage | BatchMessage;

/** Containers inside containers that a message may have (docs/operations.md, Servers). */
export const MAX_MESSAGE_DEPTH = 64;

const MESSAGE_SHAPE = shapeOf(MESSAGE_NAMES);
const SHAPES: Readonly<Record<Sender, Shape>> = {
  // `args` is what `execute_tool` passes on.
  caller: { ...MESSAGE_SHAPE, params: { ...MESSAGE_SHAPE['params'], arguments: { args: {} } } },
  server: { ...MESSAGE_SHAPE, result: { _meta: {} } },
};

const OPTIONS: Readonly<Record<Sender, JsonScanOptions>> = {
  caller: { maxDepth: MAX_MESSAGE_DEPTH, uniqueKeys: true },
  server: { maxDepth: MAX_MESSAGE_DEPTH, uniqueKeys: false },
};

type Sender = 'caller' | 'server';

/**
 * Reads one message.
 * @param text the whole message, decoded from valid UTF-8.
 * @param from `caller` refuses duplicate keys at any depth, and where something is decided on what they hold also keys that differ
 *   in case alone; `server` accepts both inside values, which are only relayed.
 */
export function parseMessage(text: string, from: Sender): Message {
  let root: ScannedObject;
  try {
    root = scanObject(text, SHAPES[from], OPTIONS[from]);
  } catch (error) {
    return settled(text, from, unreadable(text, from, error, isJson));
  }
  return settled(text, from, readRoot(text, root, from));
}

/** The same for a message that is large: others get their turn meanwhile. Its text is on one line afterwards. */
export async function parseLarge(text: string, from: Sender): Promise<Message> {
  const scan = new Scan(text, SHAPES[from], OPTIONS[from]);
  try {
    await inTurns(() => scan.advance(STEP));
  } catch (error) {
    const isValue = error instanceof ScanError && !error.isObject && (await isJsonInTurns(text));
    return settledInTurns(
      text,
      from,
      unreadable(text, from, error, () => isValue),
    );
  }
  const line = await oneLineInTurns(text);
  await turnFor(text.length);
  if (from === 'caller' && hasTooManyMembers(scan.root, MESSAGE_NAMES))
    return settledInTurns(line, from, {
      kind: 'flaw',
      code: 'INVALID_REQUEST',
      message: TOO_MANY_MEMBERS,
      id: undefined,
    });
  return settledInTurns(line, from, readRoot(line, scan.root, from));
}

/** A message that may be large, of a batch: as it is read alone. */
export function parseAny(text: string, from: Sender): Promise<Message> | Message {
  return isLarge(text.length) ? parseLarge(text, from) : parseMessage(text, from);
}

function settled(text: string, from: Sender, read: Message | Flaw): Message {
  if (read.kind !== 'flaw') return read;
  return invalid(read, from === 'caller' ? idsIn(text) : undefined);
}

async function settledInTurns(text: string, from: Sender, read: Message | Flaw): Promise<Message> {
  if (read.kind !== 'flaw') return read;
  return invalid(read, from === 'caller' ? await idsInTurns(text) : undefined);
}

function invalid({ code, message, id }: Flaw, found: FoundIds | undefined): InvalidMessage {
  return { kind: 'invalid', code, message, id: id ?? found?.id ?? 'null', responseId: found?.responseId };
}

function unreadable(
  text: string,
  from: Sender,
  error: unknown,
  isValue: (text: string) => boolean,
): BatchMessage | Flaw {
  if (!(error instanceof ScanError)) throw error;
  if (!error.isObject && text.charAt(error.position) === '[') return { kind: 'batch', text };
  // JSON that is no object is a request that is invalid, not a text that cannot be parsed (JSON-RPC 2.0 section 5.1).
  const code =
    error.reason === 'syntax' && (error.isObject || from === 'server' || !isValue(text))
      ? 'PARSE_ERROR'
      : 'INVALID_REQUEST';
  // If it is not JSON, nothing in it counts (JSON-RPC 2.0 section 5).
  const id = from === 'server' || error.reason === 'syntax' ? 'null' : undefined;
  return { kind: 'flaw', code, message: error.message, id };
}

function readRoot(text: string, root: ScannedObject, from: Sender): Message | Flaw {
  const wrong = from === 'caller' ? misspelled(root, MESSAGE_NAMES, from) : undefined;
  if (wrong !== undefined)
    return { kind: 'flaw', code: 'INVALID_REQUEST', message: misspelledText(wrong), id: undefined };
  return classify(text, root, from);
}

const TOO_MANY_MEMBERS = `The message has an object of the protocol with more than ${MAX_MEMBERS} keys.`;

function misspelledText({ key, keyStart }: Member): string {
  const name = JSON.stringify(key.slice(0, 64));
  return `The key ${name} (offset ${keyStart}) could be read as another one: keys must differ in more than case, "-" or "_", and be spelled as the protocol does.`;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

async function isJsonInTurns(text: string): Promise<boolean> {
  const object = await readObjectInTurns(`{"value":${text}}`);
  return object?.members.length === 1;
}

function classify(text: string, root: ScannedObject, from: 'caller' | 'server'): Message | Flaw {
  const idMember = findMemberOrNull(root, 'id');
  const id = idMember === undefined ? undefined : canonicalId(text.slice(idMember.start, idMember.end));
  const flaw = (message: string): Flaw => ({
    kind: 'flaw',
    code: 'INVALID_REQUEST',
    message,
    id: id ?? 'null',
  });
  if (from === 'server' && hasRepeatedKey(root)) return flaw('A key stands twice in the message.');
  const version = findMember(root, 'jsonrpc');
  if (stringValue(text, version) !== '2.0') return flaw('"jsonrpc" must be "2.0".');
  const methodMember = findMember(root, 'method');
  if (methodMember === undefined) return classifyResponse(text, root, idMember, id, flaw);
  const method = stringValue(text, methodMember);
  if (method === undefined || method === '') return flaw('"method" must be a string that is not empty.');
  const paramsMember = findMember(root, 'params');
  const params = paramsMember?.object;
  if (paramsMember !== undefined && params === undefined && !isEmptyArray(text, paramsMember))
    return flaw('"params" must be an object.');
  // A message that cannot be a request says nothing with an id that is null.
  if (idMember === undefined || (idMember.isNull && method.startsWith('notifications/')))
    return { kind: 'notification', text, method, params };
  if (id === undefined) return flaw('"id" must be a string or an integer.');
  return { kind: 'request', text, id, method, params };
}

function classifyResponse(
  text: string,
  root: ScannedObject,
  idMember: Member | undefined,
  id: IdText | undefined,
  flaw: (message: string) => Flaw,
): Message | Flaw {
  const error = findMember(root, 'error');
  // Beside an error null is nothing; alone it is what the result is.
  const result = error === undefined ? findMemberOrNull(root, 'result') : findMember(root, 'result');
  if (result === undefined && error === undefined) return flaw('The message has neither "method" nor a response.');
  if (result !== undefined && error !== undefined) return flaw('The message has both "result" and "error".');
  const unread = idMember === undefined || text.slice(idMember.start, idMember.end) === 'null';
  if (id === undefined && !(unread && error !== undefined)) return flaw('"id" must be a string or an integer.');
  return { kind: 'response', text, id: id ?? 'null', result, error };
}

/**
 * True if a message of a server without an id may be passed on: a request without one is none, but there are readers that carry it
 * out all the same, and nobody decided on it. Names of extensions have a domain in them.
 */
export function isNotificationMethod(method: string): boolean {
  return /^(?:notifications\/|[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+\/)/.test(method);
}

/** Characters of the message of an error, of its data, and of its code. */
const MAX_ERROR_MESSAGE = 64 * 1024;
const MAX_ERROR_DATA = 1024 * 1024;
const MAX_CODE = 32;

/**
 * Code, message and data (JSON text) of an `error` member; an error that is none becomes an internal one. A message that is long is
 * cut, data that is long is left out: both are read several times on their way.
 */
export function errorMember(
  text: string,
  error: Member | undefined,
): { readonly code: number; readonly message: string; readonly data?: string } {
  const { object } = error ?? {};
  const code = parsedValue(text, noLonger(findMember(object, 'code'), MAX_CODE));
  const data = noLonger(findMember(object, 'data'), MAX_ERROR_DATA);
  const message = findMember(object, 'message');
  const whole = noLonger(message, MAX_ERROR_MESSAGE);
  const said = whole === undefined ? stringStart(text, message, MAX_ERROR_MESSAGE) : stringValue(text, whole);
  return {
    code: typeof code === 'number' && Number.isInteger(code) ? code : -32603,
    message: said ?? 'The answer is an error without a message.',
    ...(data === undefined ? {} : { data: oneLine(text.slice(data.start, data.end)) }),
  };
}

function noLonger(member: Member | undefined, most: number): Member | undefined {
  return member === undefined || member.end - member.start > most ? undefined : member;
}

/** Finds the members of an object in its text; undefined where the text is no object. */
export function readObject(text: string, shape: Shape = {}): ScannedObject | undefined {
  try {
    return scanObject(text, shape, OPTIONS.server);
  } catch (error) {
    if (error instanceof ScanError) return undefined;
    throw error;
  }
}

/** The same for a text that may be large: others get their turn meanwhile. */
export async function readObjectInTurns(text: string, shape: Shape = {}): Promise<ScannedObject | undefined> {
  if (!isLarge(text.length)) return readObject(text, shape);
  const scan = new Scan(text, shape, OPTIONS.server);
  try {
    await inTurns(() => scan.advance(STEP));
    await turnFor(text.length);
    return scan.root;
  } catch (error) {
    if (error instanceof ScanError) return undefined;
    throw error;
  }
}
