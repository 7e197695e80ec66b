import type { NotificationMessage } from '../protocol/json-rpc.ts';
import { findMember, parsedValue } from '../protocol/members.ts';
import { Canceller, type CancelSignal } from '../shared/cancel.ts';
import { GatewayError } from '../shared/errors.ts';

/** The requests of one connection that are being answered, by id, so that they can be cancelled. */
export interface InFlightRequests {
  /** Undefined where a request of that id is in flight already. */
  begin(id: string): Canceller | undefined;
  end(id: string): void;
  /** Handles `notifications/cancelled`; unknown and finished requests are ignored, as the specification asks. */
  cancel(notification: NotificationMessage): void;
  /** Ends all of them; with a reason of the catalogue they are answered with it. */
  abortAll(reason?: GatewayError): void;
  readonly size: number;
  /** Resolves when nothing is in flight. */
  idle(): Promise<void>;
}

export function createInFlightRequests(): InFlightRequests {
  const controllers = new Map<string, Canceller>();
  let waiting: (() => void)[] = [];
  return {
    begin(id) {
      if (controllers.has(id)) return undefined;
      const controller = new Canceller();
      controllers.set(id, controller);
      return controller;
    },
    end(id) {
      controllers.delete(id);
      if (controllers.size > 0) return;
      for (const resolve of waiting) resolve();
      waiting = [];
    },
    cancel({ text, params }) {
      const member = findMember(params, 'requestId');
      const value = parsedValue(text, member);
      if (member === undefined || !(typeof value === 'string' || typeof value === 'number')) return;
      const id = typeof value === 'string' ? JSON.stringify(value) : text.slice(member.start, member.end);
      controllers.get(id)?.abort();
    },
    abortAll(reason) {
      for (const controller of controllers.values()) controller.abort(reason);
    },
    get size() {
      return controllers.size;
    },
    idle() {
      if (controllers.size === 0) return Promise.resolve();
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}

/** True if the caller does not want an answer any more; a call that the gateway cancelled still gets one. */
export function isWithdrawn(signal: CancelSignal): boolean {
  return signal.aborted && !(signal.reason instanceof GatewayError);
}
