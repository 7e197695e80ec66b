/**
 * The one catalogue of errors. A code says what happened, to a program; the sentence says what to do next, to a person or
 * a model. Messages are built where the error is thrown and must hold nothing secret: names and sizes, never values.
 */

interface Entry {
  /** Code in a JSON-RPC error, where the failure is one of the protocol and not of a tool. */
  readonly rpc: number;
  /** HTTP status where the failure ends the HTTP request. */
  readonly http: number;
  /** Exit status of a command that ends with it. */
  readonly exit: number;
}

const tool = (exit = 1, rpc = -32603): Entry => ({ rpc, http: 200, exit });
const protocol = (rpc: number, http: number): Entry => ({ rpc, http, exit: 1 });
const command = (exit: number): Entry => ({ rpc: -32603, http: 500, exit });

export const CATALOGUE = {
  // Failures that an agent sees as a tool result (docs/troubleshooting.md).
  DENIED_BY_POLICY: tool(3),
  SERVER_UNAVAILABLE: tool(4),
  TOOL_NOT_FOUND: tool(4),
  /** A definition of a server, or the way it is launched, is not what the owner accepted (docs/definitions.md). */
  DEFINITION_CHANGED: tool(4),
  /** Of a result, a task or a call that waits: nobody gave it out, it was used, is over, or is somebody else's. */
  UNKNOWN_HANDLE: tool(4),
  INVALID_AGENT_ID: tool(3),
  FALLBACK_AGENT_NOT_IN_RULES: tool(3),
  NO_FALLBACK_CONFIGURED: tool(3),
  TIMEOUT: tool(4),
  INVALID_ARGUMENTS: tool(2, -32602),
  RATE_LIMITED: tool(4),
  /** An agent or a caller has spent what it may in this period. */
  BUDGET_EXCEEDED: tool(4),
  /** The same call had the same answer too often in a row. */
  REPEATED_CALL: tool(4),
  AUDIT_UNAVAILABLE: tool(4),
  /** The rules want a person to be asked first, and nobody has said yes. */
  APPROVAL_PENDING: tool(5),
  /** The store that several gateways share cannot be reached, and nothing may be guessed. */
  STORE_UNAVAILABLE: tool(),
  /** A person said no, or nobody said anything in time. */
  APPROVAL_DENIED: tool(3),
  /** The server wants a sign-in that only a person can do. */
  AUTH_REQUIRED: tool(4),
  /** A program of an agent failed, or took more than it may; what its calls did stays done. */
  PROGRAM_FAILED: tool(),
  /** More than the client can read in one message. */
  RESULT_TOO_LONG: tool(4),
  /** The caller withdrew its request; nobody sees this but the audit. */
  CANCELLED: tool(4),
  // Failures of the protocol itself.
  PARSE_ERROR: protocol(-32700, 400),
  INVALID_REQUEST: protocol(-32600, 400),
  METHOD_NOT_FOUND: protocol(-32601, 404),
  INVALID_PARAMS: protocol(-32602, 400),
  HEADER_MISMATCH: protocol(-32020, 400),
  MISSING_CLIENT_CAPABILITY: protocol(-32021, 400),
  UNSUPPORTED_PROTOCOL_VERSION: protocol(-32022, 400),
  INTERNAL: protocol(-32603, 500),
  SHUTTING_DOWN: protocol(-32603, 503),
  /** The session of a call that ran was ended by the gateway. */
  SESSION_ENDED: protocol(-32600, 404),
  // Failures of a start or of a command.
  CONFIG_NOT_FOUND: command(1),
  CONFIG_INVALID: command(1),
  NESTED_GATEWAY: command(1),
  /** Stored credentials cannot be read or written: the key is another one, the keychain is locked, the disk is full. */
  CREDENTIALS_UNREADABLE: command(1),
  /** A command that talks to a running gateway found none. */
  NOT_RUNNING: command(1),
  CANNOT_LISTEN: command(1),
  /** A file that the gateway keeps, or that a command was to write. */
  CANNOT_WRITE: command(1),
  USAGE: command(2),
} as const satisfies Record<string, Entry>;

export type ErrorCode = keyof typeof CATALOGUE;

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(CATALOGUE, code);
}

interface ErrorParts {
  readonly cause?: unknown;
  readonly data?: Readonly<Record<string, unknown>> | undefined;
}

/** An error of the catalogue. Classified where it is thrown; nobody matches on its message. */
export class GatewayError extends Error {
  readonly code: ErrorCode;
  /** Further facts for machines, e.g. `{ supported, requested }`; JSON, nothing secret. */
  readonly data: Readonly<Record<string, unknown>> | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorParts = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'GatewayError';
    this.code = code;
    this.data = options.data;
  }

  /** The same error with another message, or with other data in the place of its own. */
  with({ message = this.message, data = this.data }: { message?: string; data?: ErrorParts['data'] }): GatewayError {
    return new GatewayError(this.code, message, { cause: this.cause, data });
  }
}
