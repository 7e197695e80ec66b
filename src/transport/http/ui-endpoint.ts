/**
 * The web page of one gateway, at `/ui`. The page itself says nothing of the gateway, and everybody may have it. What it shows is for
 * principals of the rules with `operator`: each request carries their token, which the page keeps for its tab alone. There is no cookie,
 * so that no other page can make a browser ask for something.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { join } from 'node:path';
import process from 'node:process';
import { runtimeDir, type Settings } from '../../config/settings.ts';
import type { PrincipalDefinition, Snapshot } from '../../config/snapshot.ts';
import type { Connection } from '../../pipeline/caller.ts';
import { readUiBody } from './ui-body.ts';
import { failure, failureOf, type Page, readPage, sendTold, sendUiPage, type Told } from './ui-page.ts';
import { UiThread } from './ui-thread.ts';

const UI_PATH = '/ui';
const API = `${UI_PATH}/api/`;

interface UiEndpointOptions {
  readonly settings: Settings;
  readonly snapshot: () => Snapshot;
  /** True in one of several workers: the control socket is the first process's. */
  readonly isWorker: boolean;
}

export class UiEndpoint {
  readonly #options: UiEndpointOptions;
  readonly #thread: UiThread;
  #page: Page | undefined;

  constructor(options: UiEndpointOptions) {
    const { settings, isWorker } = options;
    this.#options = options;
    const pid = isWorker ? process.ppid : process.pid;
    this.#thread = new UiThread({ settings, socket: join(runtimeDir(settings), `${pid}.sock`) });
  }

  /** The page, for whoever asks for it. @returns false where the request is for something else */
  servesPage(request: IncomingMessage, response: ServerResponse, path: string): boolean {
    if (path.startsWith(API)) return false;
    if (path !== UI_PATH || request.method !== 'GET') sendTold(response, failure(404, 'There is no such page.'));
    else {
      this.#page ??= readPage();
      sendUiPage(response, this.#page);
    }
    return true;
  }

  /** Answers requests of the page, for whoever proved who they are. Never rejects. */
  async answer(request: IncomingMessage, response: ServerResponse, connection: Connection): Promise<void> {
    if (!isFromPage(request)) return sendTold(response, failure(403, 'Only the page itself may ask for this.'));
    const operator = this.#operator(connection);
    if (operator === undefined) return sendTold(response, failure(403, FOR_OPERATORS));
    const mayWrite = this.#options.settings.ui === 'write' && operator.mayAssume.length === 0;
    const path = (request.url ?? '').slice(API.length);
    const who = [connection.principal, connection.subject].filter((name) => name !== undefined).join('/');
    let told: Told;
    try {
      const body = request.method === 'POST' ? await readUiBody(request) : undefined;
      told = await this.#thread.ask({ method: request.method ?? '', path, body, who, mayWrite });
    } catch (error) {
      told = failureOf(error);
    }
    sendTold(response, 'follow' in told ? this.#guarded(told, response, connection) : told);
  }

  close(): void {
    this.#thread.close();
  }

  /** Nothing more is told once the credential is over. */
  #guarded({ follow }: Extract<Told, { follow: unknown }>, response: ServerResponse, connection: Connection): Told {
    return {
      follow: (send, over) =>
        follow((value) => {
          if (this.#operator(connection) !== undefined) return send(value);
          response.end();
          return false;
        }, over),
    };
  }

  #operator(connection: Connection): PrincipalDefinition | undefined {
    const now = this.#options.snapshot();
    if (!connection.isKnown(now) || connection.expiresAt(now) <= Date.now()) return undefined;
    const principal = now.principals?.get(connection.principal);
    return principal?.operator === true ? principal : undefined;
  }
}

const FOR_OPERATORS =
  'This token may not look: that needs a principal with "operator": true, as "agent-mcp-gateway token create NAME --operator --write" makes one.';

/** Browsers say where a request comes from; whoever is none has no page that could be forged. */
function isFromPage({ headers: { host, origin, 'sec-fetch-site': site } }: IncomingMessage): boolean {
  if (site !== undefined && site !== 'same-origin') return false;
  return origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
}
