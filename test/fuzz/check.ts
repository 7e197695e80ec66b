/** What must hold of everything that servers receive and clients are told, however their readers read. */
import { type Node, parse, print, READERS, type Reader, read, readString } from './json.ts';
import { DENIED } from './messages.ts';

/** Members of the params that somebody decides on, or that belong to a hop. */
const PATHS: readonly (readonly string[])[] = [
  ['name'],
  ['uri'],
  ['taskId'],
  ['cursor'],
  ['task'],
  ['ref'],
  ['ref', 'type'],
  ['ref', 'name'],
  ['ref', 'uri'],
  ['argument'],
  ['arguments'],
  ['inputResponses'],
  ['requestState'],
  ['_meta'],
  ['_meta', 'progressToken'],
  ['_meta', 'io.modelcontextprotocol/protocolVersion'],
  ['_meta', 'io.modelcontextprotocol/clientCapabilities'],
];

function textAt(node: Node | undefined, path: readonly string[], reader: Reader): string | undefined {
  let found = node;
  for (const name of path) found = read(found, name, reader);
  return found === undefined ? undefined : print(found);
}

/** What a request is about, as a reader understands it. */
export function targetOf(message: Node, reader: Reader): string | undefined {
  const params = read(message, 'params', reader);
  const at = (...path: string[]): string | undefined => readString(params, path, reader);
  switch (readString(message, ['method'], reader)) {
    case 'tools/call':
    case 'prompts/get':
      return at('name');
    case 'resources/read':
    case 'resources/subscribe':
    case 'resources/unsubscribe':
      return at('uri');
    case 'completion/complete':
      return at('ref', 'type') === 'ref/prompt' ? at('ref', 'name') : at('ref', 'uri');
    default:
      return undefined;
  }
}

const RESOURCE = /^file:\/\/\/public\//;
const PERMITTED: ReadonlyMap<string, RegExp> = new Map([
  ['tools/call', /^(?:read_.*|script|offer|slow)$/s],
  ['prompts/get', /^read_/],
  ['resources/read', RESOURCE],
  ['resources/subscribe', RESOURCE],
  ['resources/unsubscribe', RESOURCE],
  ['completion/complete', /^(?:read_|file:\/\/\/public\/)/],
]);

/** @param text what a server received. @returns what is wrong with it; undefined for nothing */
export function wrongWithReceived(text: string): string | undefined {
  const message = parse(text);
  const [first, ...others] = READERS.map((reader) => {
    const params = read(message, 'params', reader);
    const seen = PATHS.map((path) => textAt(params, path, reader));
    return JSON.stringify([readString(message, ['method'], reader), ...seen]);
  });
  if (others.some((other) => other !== first)) return `readers understand it in different ways: ${text}`;
  for (const reader of READERS) {
    const method = readString(message, ['method'], reader) ?? '';
    const target = targetOf(message, reader);
    const permitted = PERMITTED.get(method);
    if (permitted !== undefined && (target === undefined || !permitted.test(target))) return `it is denied: ${text}`;
  }
  return undefined;
}

const LISTS = [
  ['tools', 'name'],
  ['prompts', 'name'],
  ['resources', 'uri'],
  ['resourceTemplates', 'uriTemplate'],
] as const;

function isDenied(name: string | undefined): boolean {
  return (
    name !== undefined &&
    DENIED.some(
      (denied) => name === denied || name.endsWith(`__${denied}`) || /^mcp:\/\/[^/]+\/file:\/\/\/secret\//.test(name),
    )
  );
}

/** What a caller that declared forms alone must not be asked. */
function wrongQuestion(message: Node | undefined, reader: Reader): string | undefined {
  const method = readString(message, ['method'], reader);
  const mode = read(read(message, 'params', reader), 'mode', reader);
  const isForm = mode === undefined || print(mode) === '"form"';
  // A client whose changed capabilities have an extension that nobody knows may be asked what nobody knows.
  const isKnown = method !== undefined && /^(?:sampling|elicitation|roots|tasks)\//.test(method);
  if (!isKnown || (method === 'elicitation/create' && isForm)) return undefined;
  return `it asks what the client did not declare (${method})`;
}

/**
 * @param text what a caller got: an answer, a question or a notification.
 * @param isList whether it had asked for a list
 * @returns as above
 */
export function wrongWithTold(text: string, isList: boolean): string | undefined {
  const message = parse(text);
  if (message.kind === 'array') {
    for (const item of message.items) {
      const wrong = wrongWithTold(print(item), isList);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }
  for (const reader of READERS) {
    const isQuestion = read(message, 'method', reader) !== undefined && read(message, 'id', reader) !== undefined;
    const wrong = isQuestion
      ? wrongQuestion(message, reader)
      : wrongResult(read(message, 'result', reader), isList, reader);
    if (wrong !== undefined) return `${wrong}: ${text}`;
    if (/The gateway failed on this/.test(text)) return `the gateway failed: ${text}`;
  }
  return undefined;
}

function wrongResult(result: Node | undefined, isList: boolean, reader: Reader): string | undefined {
  for (const [field, key] of isList ? LISTS : []) {
    const list = read(result, field, reader);
    if (list?.kind !== 'array') continue;
    if (list.items.some((item) => isDenied(readString(item, [key], reader)))) return 'a list shows what is denied';
  }
  if (readString(result, ['resultType'], reader) !== 'input_required') return undefined;
  const requests = read(result, 'inputRequests', reader);
  if (requests?.kind !== 'object') return undefined;
  for (const { value } of requests.members) {
    const wrong = wrongQuestion(value, reader);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/** Lines of a gateway's log that speak of an exception. */
export function exceptionsIn(log: string): string[] {
  const bad =
    /failed unexpectedly|could not be answered|"level":"fatal"|uncaught|unhandled|"type":"(?:Type|Range|Syntax|Reference)?Error"/i;
  return log.split('\n').filter((line) => bad.test(line));
}
