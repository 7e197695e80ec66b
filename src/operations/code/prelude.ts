/**
 * What a program finds in its sandbox: `tools`, `servers`, `console` and `sleep`, in JavaScript of the sandbox itself. Of the host it
 * has one function, which takes texts; everything else is made here. Nothing in it protects the host: a program that changes what it
 * finds changes it for itself alone.
 *
 * It is an expression: a function of `post(kind, id, text)`, which gives `{ run, settle }`.
 */
export const PRELUDE = `(function (post) {
'use strict';
const { parse, stringify } = JSON;
const { isArray } = Array;
const waiting = new Map();
let last = 0;
const ask = (kind, what) => new Promise((resolve, reject) => {
  const id = ++last;
  const text = stringify(what);
  waiting.set(id, { resolve, reject });
  post(kind, id, text);
});
class ToolError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}
Object.defineProperty(ToolError.prototype, 'name', { value: 'ToolError', configurable: true, writable: true });
const errorOf = (text) => {
  try {
    const { error } = parse(text);
    if (typeof error.message === 'string') return new ToolError(error.code, error.message);
  } catch {}
  return new ToolError('TOOL_FAILED', text);
};
const valueOf = (result) => {
  const blocks = isArray(result.content) ? result.content : [];
  const texts = blocks.filter((block) => block?.type === 'text').map((block) => block.text);
  if (result.isError === true) throw errorOf(texts.join('\\n'));
  if (result.structuredContent !== undefined && result.structuredContent !== null) return result.structuredContent;
  if (texts.length === 0 || texts.length < blocks.length) return blocks;
  const text = texts.join('\\n');
  try {
    return parse(text);
  } catch {
    return text;
  }
};
const named = (what, value) => {
  if (typeof value !== 'string' || value === '') throw new TypeError(what + ' must be a name: a string that is not empty.');
  return value;
};
const call = async (server, tool, args = {}, options) => {
  named('server', server);
  named('tool', tool);
  if (args === null || typeof args !== 'object' || isArray(args)) {
    throw new TypeError(server + '.' + tool + ': its arguments are one object, such as { name: value }.');
  }
  const result = await ask('call', { server, tool, args, timeout_ms: options?.timeout_ms });
  return options?.raw === true ? result : valueOf(result);
};
const search = async (query, options) =>
  valueOf(await ask('search', { query: named('query', query), limit: options?.limit, server: options?.server })).tools;
const describe = async (server, tool) =>
  valueOf(await ask('describe', { server: named('server', server), tool: named('tool', tool) }));
const parallel = async (list, options) => {
  const items = [...list];
  const limit = Number(options?.limit ?? Infinity);
  const results = new Array(items.length);
  let at = 0;
  const work = async () => {
    while (at < items.length) {
      const mine = at++;
      const item = items[mine];
      if (typeof item === 'function') results[mine] = await item();
      else if (isArray(item)) results[mine] = await call(item[0], item[1], item[2]);
      else if (typeof item?.then !== 'function' && item?.tool !== undefined) results[mine] = await call(item.server, item.tool, item.args);
      else results[mine] = await item;
    }
  };
  await Promise.all(Array.from({ length: limit >= 1 ? Math.min(limit, items.length) : 1 }, work));
  return results;
};
const nearest = (name, names) => names.find((one) => one.slice(0, 2) === name.toLowerCase().slice(0, 2));
const strict = (what, members) => new Proxy(members, {
  get(target, name) {
    if (typeof name === 'symbol' || name === 'then' || name === 'toJSON' || name in target) return target[name];
    const near = nearest(name, Object.keys(target));
    throw new TypeError(what + '.' + name + ' does not exist' + (near === undefined ? ': there are ' + Object.keys(target).join(', ') + '.' : ': did you mean ' + what + '.' + near + '?'));
  },
});
const byName = (make) => new Proxy(Object.create(null), {
  get: (made, name) => (typeof name === 'symbol' || name === 'then' || name === 'toJSON' ? undefined : (made[name] ??= make(name))),
});
const shown = (value) => {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return String(value.stack ?? '').startsWith(value.name) ? value.stack : value.name + ': ' + value.message;
  try {
    return stringify(value) ?? String(value);
  } catch {
    return String(value);
  }
};
const log = (...values) => post('log', 0, values.map(shown).join(' '));
const give = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true, writable: true, enumerable: false });
give('tools', strict('tools', { search, describe, call, parallel }));
give('servers', byName((server) => byName((tool) => (args, options) => call(server, tool, args, options))));
give('console', { log, info: log, warn: log, error: log, debug: log });
give('sleep', async (ms = 0) => void (await ask('sleep', Number(ms))));
give('ToolError', ToolError);
const failureOf = (error) => {
  const text = (read) => {
    try {
      const value = read();
      return typeof value === 'string' ? value.slice(0, 4000) : undefined;
    } catch {
      return undefined;
    }
  };
  return {
    name: text(() => error.name) ?? '',
    message: text(() => error.message) ?? text(() => shown(error)) ?? 'something that cannot be shown was thrown',
    code: text(() => (error instanceof ToolError ? String(error.code) : undefined)),
    stack: text(() => error.stack),
  };
};
const run = async (program) => {
  try {
    const value = await program();
    const text = value === undefined ? '' : stringify(value);
    if (text === undefined) throw new TypeError('The program returned a ' + typeof value + ', which is not JSON.');
    post('done', 0, text);
  } catch (error) {
    post('failed', 0, stringify(failureOf(error)));
  }
};
const settle = (id, isResult, text) => {
  const one = waiting.get(id);
  waiting.delete(id);
  if (one === undefined) return;
  if (!isResult) {
    const { code, message } = parse(text);
    one.reject(new ToolError(code, message));
    return;
  }
  try {
    one.resolve(text === '' ? undefined : parse(text));
  } catch (error) {
    one.reject(error);
  }
};
return { run, settle };
})`;
