/** Every environment variable of the gateway. The program uses the names; docs and packages also say the rest (`npm run reference`). */

interface Variable {
  /** The default, as the documentation writes it; undefined where there is none. */
  readonly usual?: string;
  /** Flag of `serve` that says the same, and beats it. */
  readonly flag?: string;
  readonly meaning: string;
  /** Page of the documentation that says more. */
  readonly page?: string;
}

export const VARIABLES = {
  GATEWAY_MCP_CONFIG: {
    flag: '--mcp-config',
    meaning: 'Servers file.',
    page: 'configuration.md#where-the-files-are-looked-for',
  },
  GATEWAY_RULES: {
    flag: '--rules',
    meaning: 'Rules file.',
    page: 'configuration.md#where-the-files-are-looked-for',
  },
  GATEWAY_LOCK: {
    usual: 'mcp-gateway.lock.json next to the rules file',
    flag: '--lock',
    meaning: 'Lock file: which definitions of servers were accepted.',
    page: 'definitions.md#the-lock-file',
  },
  GATEWAY_DEFAULT_AGENT: {
    meaning: 'Agent of calls that do not name one. `validate` and the log warn when the rules do not have it.',
    page: 'identity.md',
  },
  GATEWAY_DEBUG: {
    usual: '0',
    flag: '--debug',
    meaning: 'Offers the tool `get_gateway_status` and logs more.',
    page: 'operations.md#the-log',
  },
  GATEWAY_AUDIT_LOG: {
    usual: '~/.cache/agent-mcp-gateway/logs/audit.jsonl',
    flag: '--audit-log',
    meaning: 'Audit log.',
    page: 'audit.md',
  },
  GATEWAY_AUDIT_MIN_AGE_HOURS: {
    usual: '24',
    meaning: 'Hours that every audit record is kept, however much room the log takes.',
    page: 'audit.md#rotation',
  },
  GATEWAY_AUDIT_MAX_BYTES: {
    usual: '4294967296',
    meaning:
      'Bytes that the audit log and its rotated files may have together. Calls are refused when records that are too young to remove leave no room.',
    page: 'audit.md#rotation',
  },
  GATEWAY_AUDIT_HEADS: {
    meaning:
      'Places to which signed heads of the audit log are sent, with commas between: whole path of a file, https address, `syslog://host:514` or `syslog+tcp://host:601`.',
    page: 'audit.md#heads',
  },
  GATEWAY_AUDIT_HEAD_KEY: {
    usual: '~/.config/agent-mcp-gateway/audit-head-key.pem',
    meaning: 'PEM file with the Ed25519 key that signs heads. It is made where there is none.',
    page: 'audit.md#heads',
  },
  GATEWAY_AUDIT_HEAD_SECONDS: {
    usual: '300',
    meaning: 'Seconds between two heads.',
    page: 'audit.md#heads',
  },
  GATEWAY_TRANSPORT: {
    usual: 'stdio',
    flag: '--transport',
    meaning: '`stdio` or `http`.',
    page: 'operations.md#start',
  },
  GATEWAY_HTTP_HOST: { usual: '127.0.0.1', flag: '--host', meaning: 'Address to listen on.', page: 'operations.md' },
  GATEWAY_HTTP_PORT: {
    usual: '8000',
    flag: '--port',
    meaning: 'Port to listen on; 0 for any free one.',
    page: 'operations.md',
  },
  GATEWAY_STOP_DELAY_SECONDS: {
    meaning:
      'Seconds between SIGTERM and the stop over HTTP, in which it is not ready and still takes calls: load balancers look elsewhere meanwhile. None without it.',
    page: 'operations.md#behind-a-load-balancer',
  },
  GATEWAY_WORKERS: {
    usual: '1',
    flag: '--workers',
    meaning: 'Processes that serve HTTP, or `auto` for one per core.',
    page: 'operations.md#more-than-one-core',
  },
  GATEWAY_ALLOWED_HOSTS: {
    meaning: 'Further accepted values of the `Host` header, separated by commas.',
    page: 'operations.md#more-than-this-machine',
  },
  GATEWAY_CORS_ORIGINS: {
    meaning: 'Web pages that may call, as origins separated by commas; `*` for all.',
    page: 'operations.md#more-than-this-machine',
  },
  GATEWAY_PUBLIC_URL: {
    flag: '--public-url',
    meaning: 'Address at which others reach the gateway, for sign-ins of principals and for server cards.',
    page: 'oauth.md#several-principals',
  },
  GATEWAY_INIT_STRATEGY: {
    usual: 'eager',
    flag: '--init-strategy',
    meaning: '`eager` starts servers at once, `lazy` when they are first used.',
    page: 'servers.md#start',
  },
  GATEWAY_MAX_REQUEST_BYTES: {
    usual: '4194304',
    meaning: 'Largest message of a caller in bytes, from 65536 to 67108864.',
    page: 'operations.md#servers',
  },
  GATEWAY_MAX_RESPONSE_BYTES: {
    usual: '16777216',
    meaning: 'Largest message of a server in bytes, from 65536 to 67108864.',
    page: 'operations.md#servers',
  },
  GATEWAY_HTTP_CLIENT: {
    usual: 'own',
    meaning: '`undici` calls servers without TLS with undici, as those with TLS.',
    page: 'operations.md#servers',
  },
  GATEWAY_TRUST_CWD: {
    usual: '0',
    meaning: 'Uses the files of the working directory without `trust`.',
    page: 'configuration.md#trust',
  },
  GATEWAY_ALLOW_NESTED: {
    usual: '0',
    meaning: 'Lets a gateway run inside a gateway.',
    page: 'configuration.md#the-gateway-in-its-own-file',
  },
  GATEWAY_SECRET_KEY: {
    meaning: 'Key of stored sign-ins and secrets: 32 random bytes in base64 or hex.',
    page: 'stored-sign-ins.md#the-key',
  },
  GATEWAY_STORE: {
    flag: '--store',
    meaning:
      'Redis or Valkey that several gateways share: `redis://user:password@host:6379/0`, `rediss://` with TLS, `redis+cluster://host:6379,host:6379` for a cluster. The flag takes no password.',
    page: 'scaling.md#the-store',
  },
  GATEWAY_STATE_KEY: {
    meaning:
      'Key of the handles that callers bring to another gateway, the same for all: 32 random bytes in base64 or hex. More keys after commas are read, too.',
    page: 'scaling.md#the-key',
  },
  GATEWAY_KEYCHAIN: {
    usual: '1',
    meaning: 'Keeps that key in the keychain of the system when no key is given; `0` keeps it in a file.',
    page: 'stored-sign-ins.md#the-key',
  },
} as const satisfies Readonly<Record<string, Variable>>;

export type VariableName = keyof typeof VARIABLES;
