/** Turns what a server says about itself (changed lists, updated resources, tasks that go on) into events of the upstream layer. */

import type { ServerDefinition } from '../../config/snapshot.ts';
import type { NotificationMessage } from '../../protocol/json-rpc.ts';
import { findMember, parsedValue, stringValue } from '../../protocol/members.ts';
import type { UpstreamEvents } from '../contract.ts';

export class ChangeEvents {
  readonly #server: ServerDefinition;
  readonly #events: Partial<UpstreamEvents>;
  #isSubscribed = false;

  constructor(server: ServerDefinition, events: Partial<UpstreamEvents>) {
    this.#server = server;
    this.#events = events;
  }

  take({ method, text, params }: NotificationMessage): void {
    switch (method) {
      case 'notifications/tools/list_changed':
        this.#events.toolsChanged?.(this.#server);
        break;
      case 'notifications/prompts/list_changed':
        this.#events.promptsChanged?.(this.#server);
        break;
      case 'notifications/resources/list_changed':
        this.#events.resourcesChanged?.(this.#server);
        break;
      case 'notifications/subscriptions/acknowledged':
        // Subscribed again: something may have changed in between.
        if (this.#isSubscribed) this.announceAll();
        this.#isSubscribed = true;
        break;
      case 'notifications/tasks':
      case 'notifications/tasks/status': {
        const id = stringValue(text, findMember(params, 'taskId'));
        if (id !== undefined) this.#events.taskChanged?.(this.#server, id);
        break;
      }
      default: {
        const uri = parsedValue(text, findMember(params, 'uri'));
        if (typeof uri === 'string') this.#events.resourceUpdated?.(this.#server, uri);
      }
    }
  }

  /** Every list may have changed unnoticed. */
  announceAll(): void {
    this.#events.toolsChanged?.(this.#server);
    this.#events.promptsChanged?.(this.#server);
    this.#events.resourcesChanged?.(this.#server);
  }
}
