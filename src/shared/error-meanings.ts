/** The meanings of error codes, for the documentation (`npm run reference`). The program itself only uses the codes. */
import type { ErrorCode } from './errors.ts';

/** Codes that agents get as a tool result with `isError: true`. The message of the error says what to do next. */
const OF_TOOLS = {
  DENIED_BY_POLICY: 'The rules do not allow it, or it does not exist. Both look the same.',
  APPROVAL_PENDING: 'A person has to approve the call first. It was not executed: make exactly the same call again.',
  APPROVAL_DENIED: 'A person refused the call, or nobody answered in time. It was not executed.',
  INVALID_AGENT_ID: 'This connection may not be that agent, or has to say which agent it is.',
  FALLBACK_AGENT_NOT_IN_RULES: '`GATEWAY_DEFAULT_AGENT` names an agent that the rules do not have.',
  NO_FALLBACK_CONFIGURED: 'The call has no `agent_id`, and there is no agent to fall back to.',
  SERVER_UNAVAILABLE: 'The server cannot be reached, is off, or ended during the call.',
  AUTH_REQUIRED: 'The server wants a sign-in. The message has the link, or says who can sign in.',
  TOOL_NOT_FOUND: 'The server has no such tool.',
  DEFINITION_CHANGED:
    'What the server offers is not what its owner accepted. The message says how they can look at it.',
  UNKNOWN_HANDLE: 'A result to read on in, or a task, is over or never existed. Call its tool again if that is safe.',
  INVALID_ARGUMENTS: 'An argument is missing, unknown or of the wrong type.',
  RATE_LIMITED: 'A limit of the rules is reached, or the server is busy. The message says how long to wait.',
  BUDGET_EXCEEDED: 'A budget of the rules is spent. The message says when it renews.',
  REPEATED_CALL: 'The same call had the same answer several times in a row. It was not executed again.',
  TIMEOUT: 'The call took too long. The server was told to stop.',
  PROGRAM_FAILED:
    'A program of run_code failed, or took more than it may. The message says where; what its calls did stays done.',
  RESULT_TOO_LONG: 'The call was executed, and a client over stdio cannot read an answer of this size.',
  AUDIT_UNAVAILABLE: 'The audit log cannot be written, so nothing is forwarded.',
  STORE_UNAVAILABLE: 'The store that several gateways share cannot be reached. Nothing was executed: try again.',
  CREDENTIALS_UNREADABLE: 'Stored sign-ins cannot be read or written.',
  SESSION_ENDED:
    'The credential of the session expired or was revoked, or its owner opened too many sessions. A running call may have taken effect.',
  SHUTTING_DOWN: 'The gateway is stopping. A running call may have taken effect.',
  INTERNAL: 'A fault of the gateway. Its log has the request id.',
  CANCELLED: 'The caller cancelled the call. Only the audit log shows this code.',
} as const;

/** Codes of the protocol: the request itself could not be used. */
const OF_THE_PROTOCOL = {
  PARSE_ERROR: 'The message is not JSON.',
  INVALID_REQUEST: 'The message is not a JSON-RPC request, is too large, or does not fit the state of the connection.',
  METHOD_NOT_FOUND: 'The gateway has no such method.',
  INVALID_PARAMS: 'The parameters of the method are wrong.',
  HEADER_MISMATCH: 'An HTTP header says something else than the body (2026-07-28).',
  MISSING_CLIENT_CAPABILITY: 'The call needs something that the client did not declare (2026-07-28).',
  UNSUPPORTED_PROTOCOL_VERSION: 'The gateway does not speak this revision; `data.supported` lists those it speaks.',
} as const;

/** Codes of starts and commands. `--json` prints them as `{"error": {"code", "message"}}`. */
const OF_COMMANDS = {
  USAGE: 'A flag, argument or variable is wrong.',
  CONFIG_NOT_FOUND: 'There is no servers file or no rules file.',
  CONFIG_INVALID: 'A file has errors. Each has a file, a line, a column and a fix.',
  NESTED_GATEWAY: 'This gateway was started by another gateway.',
  NOT_RUNNING: 'The command needs a running gateway, and there is none.',
  CANNOT_LISTEN: 'The address or port cannot be listened on.',
  CANNOT_WRITE: 'A file cannot be written.',
} as const;

export const ERROR_GROUPS = [
  { title: 'What agents get', meanings: OF_TOOLS },
  { title: 'What clients get', meanings: OF_THE_PROTOCOL },
  { title: 'What commands end with', meanings: OF_COMMANDS },
] as const;

/** Does not compile while a code has no meaning. */
export const ERROR_MEANINGS: Readonly<Record<ErrorCode, string>> = { ...OF_TOOLS, ...OF_THE_PROTOCOL, ...OF_COMMANDS };
