/** What the raw clients of both transports share: messages as text, nothing validated, nothing hidden. */

export interface RpcMessage {
  readonly id?: unknown;
  readonly method?: string;
  readonly params?: Readonly<Record<string, unknown>>;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
}

export interface Answer {
  /** The text of the response message as it came over the wire. */
  readonly text: string;
  readonly message: RpcMessage;
  /** Notifications that came before it and belong to it, as far as the transport tells. */
  readonly notifications: readonly RpcMessage[];
  /** HTTP only. */
  readonly status?: number | undefined;
}

export interface Exchange {
  /** Id of the request in its JSON text. */
  readonly id: number;
  readonly answer: Promise<Answer>;
  /** Cancels the way the revision and the transport say. The answer may never come then. */
  cancel(): void;
}

export interface RequestExtras {
  /** Further members of `_meta`. */
  readonly meta?: Readonly<Record<string, unknown>> | undefined;
  /** Told of every message that comes before the answer: requests of the server too, where the transport ties them to it. */
  readonly onNotification?: ((message: RpcMessage, text: string) => void) | undefined;
}

/** A connection that has shaken hands, where its revision wants that. */
export interface Rpc {
  readonly revision: string;
  /** @param params JSON text of the params object, or its value. */
  start(method: string, params?: string | object, extras?: RequestExtras): Exchange;
  call(method: string, params?: string | object, extras?: RequestExtras): Promise<Answer>;
  close(): Promise<void>;
}

export const MODERN = '2026-07-28';
const META = 'io.modelcontextprotocol/';

export function modernMeta(revision: string = MODERN): Record<string, unknown> {
  return {
    [`${META}protocolVersion`]: revision,
    [`${META}clientInfo`]: { name: 'raw', version: '1' },
    [`${META}clientCapabilities`]: {},
  };
}

/** The text of a request; `params` given as text stays that text, with `_meta` put in front of its members. */
export function requestText(
  id: number,
  method: string,
  params: string | object | undefined,
  revision: string,
  extras: RequestExtras = {},
): string {
  const meta = { ...(revision === MODERN ? modernMeta() : {}), ...extras.meta };
  const given = params === undefined ? '{}' : typeof params === 'string' ? params : JSON.stringify(params);
  const inner = given.trim().slice(1, -1);
  const members = [
    Object.keys(meta).length > 0 ? `"_meta":${JSON.stringify(meta)}` : '',
    inner.trim() === '' ? '' : inner,
  ];
  const text = members.filter((part) => part !== '').join(',');
  return `{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)},"params":{${text}}}`;
}

export const INITIALIZE = (revision: string, capabilities: object = {}): object => ({
  protocolVersion: revision,
  capabilities,
  clientInfo: { name: 'raw', version: '1' },
});

export const INITIALIZED = '{"jsonrpc":"2.0","method":"notifications/initialized"}';
