/** What both echo servers answer: one tool, `echo`, whose result starts with `text` and is filled up to `size` bytes. */

const LINE = 'The quick brown fox jumps over the lazy dog, again and again.\n';
const META = '"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"echo","version":"1"}}';
const MODERN_RESULT = `"resultType":"complete",${META},`;
const CACHE = '"ttlMs":3600000,"cacheScope":"public",';

/** The text of a result of so many bytes. */
export function filled(text, size) {
  const missing = size - text.length;
  if (missing <= 0) return text;
  return text + LINE.repeat(Math.ceil(missing / LINE.length)).slice(0, missing);
}

/** @param {{era: 'legacy' | 'modern', tools: number}} options tools: how many are listed; all but `echo` are never called. */
export function createEcho({ era, tools }) {
  const modern = era === 'modern';
  const fills = new Map();
  const list = JSON.stringify(definitions(tools));

  /** The fill as JSON, made once per length, so that the server costs little whatever the size. */
  const fill = (length) => {
    let json = fills.get(length);
    if (json === undefined) {
      json = JSON.stringify(filled('', length)).slice(1, -1);
      fills.set(length, json);
    }
    return json;
  };

  const result = (method, params) => {
    switch (method) {
      case 'tools/call': {
        const { text = '', size = 0 } = params.arguments ?? {};
        const json = `${JSON.stringify(text).slice(0, -1)}${size > text.length ? fill(size - text.length) : ''}"`;
        return `{${modern ? MODERN_RESULT : ''}"content":[{"type":"text","text":${json}}]}`;
      }
      case 'tools/list':
        return `{${modern ? MODERN_RESULT + CACHE : ''}"tools":${list}}`;
      case 'initialize':
        if (modern) return undefined;
        return `{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"echo","version":"1"}}`;
      case 'server/discover':
        if (!modern) return undefined;
        return `{${MODERN_RESULT}${CACHE}"supportedVersions":["2026-07-28"],"capabilities":{"tools":{}}}`;
      case 'ping':
        return '{}';
      default:
        return undefined;
    }
  };

  /** @returns the answer to one message; undefined for a notification. */
  return (message) => {
    const { id, method, params } = JSON.parse(message);
    if (id === undefined) return undefined;
    const text = result(method, params);
    if (text !== undefined) return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"result":${text}}`;
    return `{"jsonrpc":"2.0","id":${JSON.stringify(id)},"error":{"code":-32601,"message":"Method not found"}}`;
  };
}

function definitions(count) {
  const echo = {
    name: 'echo',
    description: 'Returns the text, filled up to so many bytes.',
    inputSchema: {
      type: 'object',
      properties: { text: { type: 'string' }, size: { type: 'integer' } },
      required: ['text'],
    },
  };
  const others = Array.from({ length: count - 1 }, (_, at) => ({
    name: `${VERBS[at % VERBS.length]}_${NOUNS[Math.floor(at / VERBS.length) % NOUNS.length]}_${at}`,
    description: `${VERBS[at % VERBS.length]} one ${NOUNS[Math.floor(at / VERBS.length) % NOUNS.length]} by its number, or all that match a filter.`,
    inputSchema: {
      type: 'object',
      properties: {
        id: { type: 'integer', description: 'Number of the item' },
        filter: { type: 'string', description: 'Words that must occur' },
        limit: { type: 'integer', minimum: 1, maximum: 100 },
      },
      required: ['id'],
    },
  }));
  return [echo, ...others];
}

const VERBS = ['get', 'list', 'create', 'update', 'delete', 'search', 'copy', 'move'];
const NOUNS = ['issue', 'file', 'branch', 'comment', 'label', 'user', 'project', 'release', 'page', 'message', 'event'];
