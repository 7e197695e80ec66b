/**
 * Stands between the suite and a gateway in direct mode, so that the suite finds the names that it knows: takes the server's
 * name off what the gateway sends, and puts it on what it gets. Nothing else is changed, headers and statuses included.
 */
import { createServer, request as httpRequest } from 'node:http';

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** The names of one server: `server__tool`, `mcp://server/uri`. */
function names(server) {
  const name = `${server}__`;
  const uri = `mcp://${server}/`;
  const off = (prefix) => (value) =>
    typeof value === 'string' && value.startsWith(prefix) ? value.slice(prefix.length) : value;
  const on = (prefix) => (value) => (typeof value === 'string' ? prefix + value : value);
  return { nameOn: on(name), uriOn: on(uri), nameOff: off(name), uriOff: off(uri) };
}

const set = (object, key, map) => (isObject(object) && key in object ? { ...object, [key]: map(object[key]) } : object);
const each = (map) => (list) => (Array.isArray(list) ? list.map(map) : list);

/** The fields of a request that carry a name, by method. */
function outward({ nameOn, uriOn }) {
  const byName = (params) => set(params, 'name', nameOn);
  const byUri = (params) => set(params, 'uri', uriOn);
  return {
    'tools/call': byName,
    'prompts/get': byName,
    'resources/read': byUri,
    'resources/subscribe': byUri,
    'resources/unsubscribe': byUri,
    'completion/complete': (params) => set(params, 'ref', (ref) => set(set(ref, 'name', nameOn), 'uri', uriOn)),
    'subscriptions/listen': (params) =>
      set(params, 'notifications', (wanted) => set(wanted, 'resourceSubscriptions', each(uriOn))),
  };
}

function inward({ nameOff, uriOff }) {
  const named = each((entry) => set(entry, 'name', nameOff));
  const located = each((entry) => set(entry, 'uri', uriOff));
  return (message) => {
    let { result } = message;
    result = set(set(result, 'tools', named), 'prompts', named);
    result = set(set(result, 'resources', located), 'contents', located);
    result = set(
      result,
      'resourceTemplates',
      each((entry) => set(entry, 'uriTemplate', uriOff)),
    );
    const ofUri = (params) => set(params, 'uri', uriOff);
    const changed = message.method === 'notifications/resources/updated' ? set(message, 'params', ofUri) : message;
    const error = set(changed, 'error', (value) => set(value, 'data', ofUri));
    return result === undefined ? error : { ...error, result };
  };
}

/** Headers as they came, but for the names in them. */
function headersFor(rawHeaders, method, { nameOn, uriOn }, host, length) {
  const headers = [];
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const key = rawHeaders[index];
    const value = rawHeaders[index + 1];
    const lower = key.toLowerCase();
    if (lower === 'content-length' || lower === 'transfer-encoding' || lower === 'connection') continue;
    const mapped =
      lower === 'mcp-name' && method === 'resources/read'
        ? uriOn(value)
        : lower === 'mcp-name' && (method === 'tools/call' || method === 'prompts/get')
          ? nameOn(value)
          : lower === 'host' || lower === 'origin'
            ? value.replace(host.own, host.target)
            : value;
    headers.push(key, mapped);
  }
  return length === undefined ? headers : [...headers, 'content-length', String(length)];
}

/** Maps the messages in a body that comes in pieces: events of a stream, or one JSON text. */
function mapper(isStream, map) {
  const mapText = (text) => JSON.stringify(map(JSON.parse(text)));
  const mapLine = (line) => {
    const data = /^data:(.*)$/.exec(line)?.[1]?.trim() ?? '';
    return data === '' ? line : `data: ${mapText(data)}`;
  };
  let rest = '';
  return {
    push(chunk) {
      rest += chunk;
      if (!isStream) return '';
      const lines = rest.split('\n');
      rest = lines.pop() ?? '';
      return lines.map((line) => `${mapLine(line)}\n`).join('');
    },
    end: () => (rest === '' ? '' : isStream ? mapLine(rest) : mapText(rest)),
  };
}

/**
 * @param {string} origin of the gateway
 * @param {string} server its only server
 * @returns the URL for the suite, and a function that stops the adapter
 */
export async function startAdapter(origin, server) {
  const target = new URL('/mcp', origin);
  const own = names(server);
  const toServer = outward(own);
  const fromServer = inward(own);

  function forward(request, response, body) {
    let text = body;
    let method;
    try {
      const message = JSON.parse(body);
      method = message.method;
      text = JSON.stringify(set(message, 'params', toServer[method] ?? ((params) => params)));
    } catch {
      // Not a message: the gateway is to say so.
    }
    const host = { own: `:${http.address().port}`, target: `:${target.port}` };
    const length = request.method === 'POST' ? Buffer.byteLength(text) : undefined;
    const headers = headersFor(request.rawHeaders, method, own, host, length);
    const upstream = httpRequest(target, { method: request.method, headers, setHost: false }, (answer) => {
      const type = answer.headers['content-type'] ?? '';
      const { 'content-length': _length, ...rest } = answer.headers;
      response.writeHead(answer.statusCode ?? 502, rest);
      response.flushHeaders();
      const isJson = type.includes('application/json');
      const mapped = mapper(!isJson, fromServer);
      answer.setEncoding('utf8');
      answer.on('data', (chunk) => response.write(mapped.push(chunk)));
      answer.on('end', () => response.end(mapped.end()));
      answer.on('error', () => response.destroy());
    });
    upstream.on('error', () => response.destroy());
    response.on('close', () => upstream.destroy());
    upstream.end(request.method === 'POST' ? text : undefined);
  }

  const http = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => forward(request, response, Buffer.concat(chunks).toString('utf8')));
  });
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${http.address().port}/mcp`,
    async stop() {
      http.closeAllConnections();
      await new Promise((resolve) => http.close(resolve));
    },
  };
}
