/** No request goes without an answer, whatever goes wrong: its client would wait for it. */

import type { Logger } from '../observe/log.ts';
import type { RequestMessage } from '../protocol/json-rpc.ts';
import type { McpHandler } from './handler.ts';
import { type McpResponse, refusal } from './response.ts';

/** The same handler, but what throws is logged, and answered under the id of its request. */
export function unfailing(handler: McpHandler, log: Pick<Logger, 'error'>): McpHandler {
  const failed = ({ id, method }: RequestMessage, error: unknown): McpResponse => {
    log.error({ err: error, id, method: method.slice(0, 100) }, 'a request failed unexpectedly');
    return refusal(id, 'INTERNAL', 'The gateway failed on this request; its log says why.');
  };
  return {
    listen: (session, exchange, outlet) => handler.listen(session, exchange, outlet),
    async initialize(request, exchange) {
      try {
        return await handler.initialize(request, exchange);
      } catch (error) {
        return { ...failed(request, error), session: undefined };
      }
    },
    async legacy(request, exchange, session) {
      try {
        return await handler.legacy(request, exchange, session);
      } catch (error) {
        return failed(request, error);
      }
    },
    modern(request, exchange) {
      const broke = (error: unknown): McpResponse => failed(request, error);
      try {
        const answer = handler.modern(request, exchange);
        return answer instanceof Promise ? answer.catch(broke) : answer;
      } catch (error) {
        return broke(error);
      }
    },
    notified(session, exchange, message) {
      try {
        handler.notified(session, exchange, message);
      } catch (error) {
        log.error({ err: error, method: message.method.slice(0, 100) }, 'a notification failed unexpectedly');
      }
    },
  };
}
