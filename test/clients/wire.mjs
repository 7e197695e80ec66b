/** The four wire formats of models, as far as a scripted one needs them: what was called so far, and how the next call is written. */

/** Every string in a value, and nothing else. */
function leaves(value) {
  if (typeof value === 'string') return [value];
  if (value === null || typeof value !== 'object') return [];
  return Object.values(value).flatMap(leaves);
}

/** What came after each call, up to the next one. */
function resultsOf(items, isCall) {
  const results = [];
  for (const item of items) {
    if (isCall(item)) results.push([]);
    else results.at(-1)?.push(item);
  }
  return results.map((parts) => leaves(parts).join('\n'));
}

const event = (name, data) => `${name === undefined ? '' : `event: ${name}\n`}data: ${JSON.stringify(data)}\n\n`;
const parts = (content) => (Array.isArray(content) ? content : []);
const tokens = { input_tokens: 10, output_tokens: 5 };

const anthropic = {
  matches: (url) => url.includes('/v1/messages'),
  tools: (body) => (body.tools ?? []).map(({ name }) => ({ name })),
  results: (body) =>
    resultsOf(body.messages ?? [], ({ role, content }) => role === 'assistant' && parts(content).some(isToolUse)),
  reply(action, { stream, model }, id) {
    const block =
      action.tool === undefined
        ? { type: 'text', text: action.text }
        : { type: 'tool_use', id: `toolu_${id}`, name: action.tool.name, input: action.args };
    const stop_reason = action.tool === undefined ? 'end_turn' : 'tool_use';
    const message = { id: `msg_${id}`, type: 'message', role: 'assistant', model, stop_sequence: null, usage: tokens };
    if (!stream) return { json: { ...message, content: [block], stop_reason } };
    const delta =
      action.tool === undefined
        ? { type: 'text_delta', text: action.text }
        : { type: 'input_json_delta', partial_json: JSON.stringify(action.args) };
    const empty = action.tool === undefined ? { ...block, text: '' } : { ...block, input: {} };
    return {
      events: [
        { type: 'message_start', message: { ...message, content: [], stop_reason: null } },
        { type: 'content_block_start', index: 0, content_block: empty },
        { type: 'content_block_delta', index: 0, delta },
        { type: 'content_block_stop', index: 0 },
        { type: 'message_delta', delta: { stop_reason, stop_sequence: null }, usage: { output_tokens: 5 } },
        { type: 'message_stop' },
      ].map((data) => event(data.type, data)),
    };
  },
};

function isToolUse({ type }) {
  return type === 'tool_use';
}

const responses = {
  matches: (url) => url.includes('/responses'),
  tools: (body) =>
    (body.tools ?? []).flatMap(({ type, name, tools }) =>
      type === 'namespace' ? tools.map((tool) => ({ name: tool.name, namespace: name })) : [{ name: name ?? type }],
    ),
  results: (body) => resultsOf(Array.isArray(body.input) ? body.input : [], ({ type }) => type === 'function_call'),
  reply(action, { stream, model }, id) {
    const { tool } = action;
    const item =
      tool === undefined
        ? {
            type: 'message',
            id: `msg_${id}`,
            role: 'assistant',
            status: 'completed',
            content: [{ type: 'output_text', text: action.text, annotations: [] }],
          }
        : {
            type: 'function_call',
            id: `fc_${id}`,
            call_id: `call_${id}`,
            status: 'completed',
            ...tool,
            arguments: JSON.stringify(action.args),
          };
    const response = {
      id: `resp_${id}`,
      object: 'response',
      created_at: 1,
      status: 'completed',
      model,
      output: [item],
    };
    const whole = { ...response, usage: { ...tokens, total_tokens: 15 } };
    if (!stream) return { json: whole };
    return {
      events: [
        { type: 'response.created', response: { ...response, status: 'in_progress', output: [] } },
        { type: 'response.output_item.added', output_index: 0, item },
        { type: 'response.output_item.done', output_index: 0, item },
        { type: 'response.completed', response: whole },
      ].map((data) => event(data.type, data)),
    };
  },
};

const chat = {
  matches: (url) => url.includes('/chat/completions'),
  tools: (body) => (body.tools ?? []).map((tool) => ({ name: tool.function?.name ?? '' })),
  results: (body) =>
    resultsOf(body.messages ?? [], ({ role, tool_calls }) => role === 'assistant' && parts(tool_calls).length > 0),
  reply(action, { stream, model }, id) {
    const message =
      action.tool === undefined
        ? { role: 'assistant', content: action.text }
        : {
            role: 'assistant',
            content: null,
            tool_calls: [
              {
                index: 0,
                id: `call_${id}`,
                type: 'function',
                function: { name: action.tool.name, arguments: JSON.stringify(action.args) },
              },
            ],
          };
    const finish_reason = action.tool === undefined ? 'stop' : 'tool_calls';
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    const base = { id: `chat_${id}`, created: 1, model };
    if (!stream) {
      return { json: { ...base, object: 'chat.completion', choices: [{ index: 0, message, finish_reason }], usage } };
    }
    const chunk = { ...base, object: 'chat.completion.chunk' };
    return {
      events: [
        event(undefined, { ...chunk, choices: [{ index: 0, delta: message, finish_reason: null }] }),
        event(undefined, { ...chunk, choices: [{ index: 0, delta: {}, finish_reason }], usage }),
        'data: [DONE]\n\n',
      ],
    };
  },
};

const gemini = {
  matches: (url) => /[gG]enerateContent/.test(url),
  tools: (body) =>
    (body.tools ?? []).flatMap(({ functionDeclarations = [] }) => functionDeclarations.map(({ name }) => ({ name }))),
  results: (body) =>
    resultsOf(body.contents ?? [], ({ role, parts: said }) => role === 'model' && parts(said).some(isFunctionCall)),
  reply(action, _body, _id, url) {
    const part =
      action.tool === undefined
        ? { text: action.text }
        : { functionCall: { name: action.tool.name, args: action.args } };
    const json = {
      candidates: [{ content: { role: 'model', parts: [part] }, finishReason: 'STOP', index: 0 }],
      usageMetadata: { promptTokenCount: 1, candidatesTokenCount: 1, totalTokenCount: 2 },
    };
    return url.includes('stream') ? { events: [event(undefined, json)] } : { json };
  },
};

function isFunctionCall({ functionCall }) {
  return functionCall !== undefined;
}

export const WIRES = [anthropic, responses, chat, gemini];
