/** A span for each request of a client, from when it comes until it is answered. */
import type { RequestSpan, TraceParent, Tracer } from '../observe/tracing.ts';
import type { RequestMessage } from '../protocol/json-rpc.ts';
import { findMember, stringValue, valueText } from '../protocol/members.ts';
import type { Exchange, McpHandler } from './handler.ts';
import { declaredRevision } from './request-meta.ts';
import type { McpResponse } from './response.ts';

/** The same handler. @param handler never throws or rejects */
export function traced(handler: McpHandler, tracer: Tracer): McpHandler {
  const begin = (
    request: RequestMessage,
    exchange: Exchange,
    revision: string | undefined,
    session?: string,
  ): RequestSpan => {
    const { method, id, text, params } = request;
    const span = tracer.request({
      method,
      id,
      revision,
      session,
      target: stringValue(text, findMember(params, method.startsWith('resources/') ? 'uri' : 'name')),
      args: valueText(text, findMember(params, 'arguments')),
      parent: parentIn(request),
      carrier: carrierOf(exchange),
    });
    exchange.span = span;
    return span;
  };
  return {
    async initialize(request, exchange) {
      const span = begin(request, exchange, undefined);
      const answer = await handler.initialize(request, exchange);
      const { session } = answer;
      span.end(answer.error, session?.revision);
      return session === undefined ? answer : { ...answer, session: timed(session, tracer) };
    },
    async legacy(request, exchange, session) {
      const span = begin(request, exchange, session.revision, session.id === 'stdio' ? undefined : session.id);
      return ended(span, await handler.legacy(request, exchange, session));
    },
    modern(request, exchange) {
      const span = begin(request, exchange, declaredRevision(request));
      const answer = handler.modern(request, exchange);
      return answer instanceof Promise ? answer.then((later) => ended(span, later)) : ended(span, answer);
    },
    listen: (session, exchange, outlet) => handler.listen(session, exchange, outlet),
    notified: (session, exchange, message) => handler.notified(session, exchange, message),
  };
}

type Begun = NonNullable<Awaited<ReturnType<McpHandler['initialize']>>['session']>;

function ended(span: RequestSpan, answer: McpResponse): McpResponse {
  span.end(answer.error);
  return answer;
}

/** The same session; how long it lasts is measured. */
function timed(session: Begun, tracer: Tracer): Begun {
  const end = tracer.session(session.revision);
  let isOver = false;
  const over = (): void => {
    session.introduction?.over();
    if (!isOver) end();
    isOver = true;
  };
  return { ...session, introduction: { over } };
}

/** The trace that a request names (SEP-414). */
function parentIn({ text, params }: RequestMessage): TraceParent | undefined {
  const meta = findMember(params, '_meta')?.object;
  const traceparent = stringValue(text, findMember(meta, 'traceparent'));
  if (traceparent === undefined) return undefined;
  return { traceparent, tracestate: stringValue(text, findMember(meta, 'tracestate')) ?? '' };
}

function carrierOf({ headers }: Exchange): TraceParent | undefined {
  const traceparent = headers?.['traceparent'];
  if (typeof traceparent !== 'string') return undefined;
  const tracestate = headers?.['tracestate'];
  return { traceparent, tracestate: typeof tracestate === 'string' ? tracestate : '' };
}
