/** Good messages of callers and servers, to be changed. */
import { MODERN, modernMeta } from '../support/rpc.ts';
import { mutated } from './mutate.ts';
import type { Random } from './random.ts';

export interface Place {
  readonly era: 'legacy' | 'modern';
  readonly view: 'discovery' | 'direct' | 'single';
  /** The one that the message is about; in the single view the only one. */
  readonly server: string;
}

/** What the rules of the run deny, as servers name it. */
export const DENIED = ['delete_all', 'delete_prompt', 'file:///secret/b'] as const;

/** Denied things as they are called in a view. */
export function deniedIn({ view, server }: Place): readonly string[] {
  const [tool, prompt, uri] = DENIED;
  const exposed = [`${server}__${tool}`, `${server}__${prompt}`, `mcp://${server}/${uri}`];
  return view === 'single' ? DENIED : [...DENIED, ...exposed];
}

type Params = Readonly<Record<string, unknown>>;

const CAPABILITIES = { elicitation: { form: {} }, extensions: { 'io.modelcontextprotocol/tasks': {} } };

/** One message of a caller, good. @param id JSON text */
export function callerMessage(place: Place, random: Random, id: string): string {
  const [method, params] = random.pick(random.chance(0.6) ? decided(place, random) : others(place));
  const meta =
    place.era === 'modern' ? { ...modernMeta(MODERN), 'io.modelcontextprotocol/clientCapabilities': CAPABILITIES } : {};
  const extra = random.chance(0.2) ? { progressToken: random.below(9), 'vendor/x': 1 } : {};
  const all = { ...meta, ...extra };
  const text = JSON.stringify({ ...params, ...(Object.keys(all).length === 0 ? {} : { _meta: all }) });
  const envelope = method.startsWith('notifications/') ? '' : `"id":${id},`;
  if (random.chance(0.03)) return `{"jsonrpc":"2.0",${envelope}"result":{"action":"accept","content":{}}}`;
  return `{"jsonrpc":"2.0",${envelope}"method":"${method}","params":${text}}`;
}

/** Requests that something is decided on. */
function decided({ view, server, era }: Place, random: Random): readonly (readonly [string, Params])[] {
  const named = (name: string): string => (view === 'single' ? name : `${server}__${name}`);
  const uri = (path: string): string => (view === 'single' ? path : random.pick([path, `mcp://${server}/${path}`]));
  const a = uri('file:///public/a');
  const call = (tool: string, args: object): readonly [string, Params] => [
    'tools/call',
    view === 'discovery'
      ? { name: 'execute_tool', arguments: { server, tool, args } }
      : { name: named(tool), arguments: args },
  ];
  return [
    call('read_notes', { a: 1 }),
    call('slow', {}),
    call('script', { lines: serverLines(random) }),
    call('script', { lines: serverLines(random) }),
    call('offer', offered(random)),
    ['prompts/get', { name: named('read_prompt'), arguments: { a: 'b' } }],
    ['resources/read', { uri: a }],
    [
      era === 'modern' ? 'subscriptions/listen' : 'resources/subscribe',
      era === 'modern' ? { notifications: { toolsListChanged: true, resourceSubscriptions: [a] } } : { uri: a },
    ],
    [
      'completion/complete',
      { ref: { type: 'ref/prompt', name: named('read_prompt') }, argument: { name: 'a', value: '' } },
    ],
    [
      'completion/complete',
      {
        ref: { type: 'ref/resource', uri: uri('file:///public/{name}') },
        argument: { name: 'name', value: '' },
        context: { arguments: {} },
      },
    ],
    ['tasks/get', { taskId: 'task-1' }],
    ['tasks/update', { taskId: 'task-1', inputResponses: {} }],
  ];
}

function others({ view, server, era }: Place): readonly (readonly [string, Params])[] {
  return [
    ['tools/list', {}],
    ['tools/list', { cursor: 'eA' }],
    ['prompts/list', {}],
    ['resources/list', {}],
    ['resources/templates/list', {}],
    ['tasks/list', {}],
    ['vendor/any', { name: 'x', deep: { a: [1, { b: null }] } }],
    ...(view === 'discovery'
      ? ([
          ['tools/call', { name: 'search_tools', arguments: { query: 'read notes' } }],
          ['tools/call', { name: 'get_server_tools', arguments: { server, names: ['read_notes'] } }],
          ['tools/call', { name: 'list_servers', arguments: {} }],
          ['tools/call', { name: 'read_result', arguments: { id: 'r_1' } }],
        ] as const)
      : []),
    ...(era === 'modern'
      ? ([['server/discover', {}]] as const)
      : ([
          ['ping', {}],
          ['logging/setLevel', { level: 'info' }],
          [
            'initialize',
            { protocolVersion: '2025-11-25', capabilities: CAPABILITIES, clientInfo: { name: 'f', version: '1' } },
          ],
          ['notifications/initialized', {}],
          ['notifications/roots/list_changed', {}],
          ['notifications/progress', { progressToken: 1, progress: 1 }],
        ] as const)),
    ['notifications/cancelled', { requestId: 'none', reason: 'x' }],
    ['notifications/com.example/x', { a: 1 }],
  ];
}

const result = (members: string): string => `{"jsonrpc":"2.0","id":@ID@,"result":{${members}}}`;
const question = (method: string, params: string): string =>
  `{"jsonrpc":"2.0","id":"q","method":"${method}","params":{${params}}}`;
const notification = (method: string, params: string): string =>
  `{"jsonrpc":"2.0","method":"notifications/${method}","params":{${params}}}`;

/** What a server may say while it works on a call. */
const SAYINGS: readonly string[] = [
  result('"content":[{"type":"text","text":"x"}],"isError":false,"structuredContent":{"a":1},"_meta":{"a":1}'),
  result(
    '"resultType":"complete","content":[],"_meta":{"io.modelcontextprotocol/serverInfo":{"name":"x","version":"1"}}',
  ),
  result('"resultType":"task","taskId":"task-1","status":"working","createdAt":"2026-01-01T00:00:00Z","ttlMs":null'),
  result(
    '"resultType":"input_required","requestState":"s","inputRequests":{"q":{"method":"elicitation/create","params":{"mode":"form","message":"m","requestedSchema":{"type":"object","properties":{}}}}}',
  ),
  result(
    '"resultType":"input_required","inputRequests":{"q":{"method":"sampling/createMessage","params":{"messages":[],"maxTokens":1}}}',
  ),
  '{"jsonrpc":"2.0","id":@ID@,"error":{"code":-32000,"message":"m","data":{"a":1}}}',
  notification('progress', '"progressToken":@ID@,"progress":1,"total":2,"message":"m","_meta":{"a":1}'),
  notification('message', '"level":"info","logger":"l","data":{"a":1}'),
  notification('tools/list_changed', ''),
  notification('resources/updated', '"uri":"file:///public/a"'),
  notification('cancelled', '"requestId":"q"'),
  notification('com.example/x', '"a":1'),
  question('ping', ''),
  question('roots/list', ''),
  question('elicitation/create', '"mode":"form","message":"m","requestedSchema":{"type":"object","properties":{}}'),
  question('elicitation/create', '"mode":"url","message":"m","url":"https://example.com/","elicitationId":"e"'),
  question('sampling/createMessage', '"messages":[{"role":"user","content":{"type":"text","text":"x"}}],"maxTokens":1'),
];

function serverLines(random: Random): string[] {
  return Array.from({ length: 1 + random.below(3) }, () => {
    const saying = random.pick(SAYINGS);
    return random.chance(0.8) ? mutated(saying, random, ['url', 'task', 'input_required', ...DENIED]) : saying;
  });
}

const KEPT = ['read_notes', 'delete_all', 'script', 'offer', 'slow'].map(
  (name) => `{"name":"${name}","inputSchema":{"type":"object"}}`,
);
const TOOL =
  '{"name":"read_more","title":"T","description":"d","inputSchema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]},"annotations":{"readOnlyHint":true},"_meta":{"a":1}}';

/** Another list. That of tools keeps what the run needs. */
function offered(random: Random): { readonly method: string; readonly text: string } {
  if (random.chance(0.5)) {
    const tools = [mutated(TOOL, random, DENIED), ...KEPT].join(',');
    const text = `{"tools":[${tools}],"Tools":[{"name":"delete_all"}],"_meta":{"a":1}}`;
    return { method: 'tools/list', text };
  }
  const [method, text] = random.pick([
    [
      'prompts/list',
      '{"prompts":[{"name":"read_prompt","arguments":[{"name":"a","required":true}]},{"name":"delete_prompt"}],"_meta":{}}',
    ],
    [
      'resources/list',
      '{"resources":[{"uri":"file:///public/a","name":"a","size":1},{"uri":"file:///secret/b","name":"b"}]}',
    ],
    [
      'resources/templates/list',
      '{"resourceTemplates":[{"uriTemplate":"file:///public/{name}","name":"p"}],"nextCursor":null}',
    ],
    ['completion/complete', '{"completion":{"values":["a"],"total":1,"hasMore":false}}'],
    ['tasks/get', '{"taskId":"task-1","status":"completed","result":{"content":[]}}'],
  ] as const);
  return { method, text: mutated(text, random, DENIED) };
}
