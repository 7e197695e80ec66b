import type { Policy } from '../policy/compile-rules.ts';
import type { ApiDefinition } from './api-definition.ts';
import type { OAuthDefinition } from './oauth-definition.ts';
import type { Overrides } from './overrides/overrides.ts';
import type { ResultTerms } from './result-kinds.ts';
import type { TrustedScripts } from './script-files.ts';
import type { VirtualServer } from './virtual/virtual-server.ts';

/** One upstream server, substituted and validated. Maps are `Map`s: names such as `__proto__` are ordinary keys. */
export interface ServerDefinition {
  readonly name: string;
  /** Hash over everything that makes a connection: an unchanged key keeps its connection across reloads. */
  readonly key: string;
  readonly description: string | undefined;
  /** Default time-out of a call in milliseconds; undefined means 60 s. */
  readonly timeoutMs: number | undefined;
  /** `before`: arguments that do not fit the schema are not forwarded. */
  readonly validateArguments?: 'before' | 'after' | undefined;
  /** The part of its offer that counts; undefined where changes are only recorded. */
  readonly definitions?: DefinitionMode | undefined;
  /** Digest of how it is launched (launch-digest.ts). */
  readonly launch?: string | undefined;
  /** The terms of its connections; undefined where the entry says nothing about that. */
  readonly life?: ServerLife | undefined;
  /** How what it offers appears to agents; undefined where it appears as it is. */
  readonly overrides?: Overrides | undefined;
  /** The kinds of text that are taken out of its results; undefined where these are relayed as they are. */
  readonly results?: ResultTerms | undefined;
  readonly link: StdioDefinition | HttpDefinition;
}

/** The treatment of definitions that change: told, held back until somebody accepts them, or nothing but what is locked exists. */
export type DefinitionMode = 'record' | 'quarantine' | 'exact';

/** The callers that may use one connection together: everybody, the sessions of one principal, one session alone, or one call alone. */
export type Sharing = 'shared' | 'per-principal' | 'per-session' | 'per-call';

/** The life of connections as an entry says it; undefined takes the default that docs/servers.md names. */
export interface ServerLife {
  /** Milliseconds until the first message on stdout. */
  readonly startTimeoutMs: number | undefined;
  /** Milliseconds for the handshake after that. */
  readonly handshakeTimeoutMs: number | undefined;
  /** Milliseconds without a call after which a connection is closed. */
  readonly idleTimeoutMs: number | undefined;
  /** Calls at one time. */
  readonly maxConcurrent: number | undefined;
  /** Calls that may wait for their turn. */
  readonly maxQueue: number | undefined;
  readonly sharing: Sharing | undefined;
  /** Connections at one time. */
  readonly maxInstances: number | undefined;
}

export interface StdioDefinition {
  readonly transport: 'stdio';
  readonly command: string;
  readonly args: readonly string[];
  readonly env: ReadonlyMap<string, string>;
  readonly cwd: string | undefined;
  /** The file that some of `env` came from: a whole path. */
  readonly envFile?: string | undefined;
  /** The files that may be started from its folder, where the file needs trust. */
  readonly trusted?: TrustedScripts | undefined;
  /** The walls around it; undefined where it runs as any program of this account. */
  readonly sandbox?: SandboxDefinition | undefined;
}

/** The things that a program in a sandbox may reach besides the system's own files (docs/sandbox.md). Paths are whole. */
export interface SandboxDefinition {
  readonly read: readonly string[];
  readonly write: readonly string[];
  /** Everything, nothing, or these hosts: `name:port` in small letters. */
  readonly network: boolean | readonly string[];
  /** The image that runs in a container in the place of a program of this machine; undefined for bubblewrap. */
  readonly image?: ImageDefinition | undefined;
}

/** An image of Docker, and what of its own the entry replaces. */
export interface ImageDefinition {
  readonly name: string;
  /** The program in it. */
  readonly program: string | undefined;
  /** The working directory in it. */
  readonly cwd: string | undefined;
}

export interface HttpDefinition {
  /** `http` is Streamable HTTP of either generation; `sse` is the HTTP+SSE transport of 2024-11-05; `openapi` is an API that is no MCP server. */
  readonly transport: 'http' | 'sse' | 'openapi';
  /** True if the entry says so: then nothing else is tried. */
  readonly isCertain?: boolean | undefined;
  readonly url: string;
  readonly headers: ReadonlyMap<string, string>;
  /** Path to a PEM file with authorities whose certificates count too. */
  readonly ca?: string | undefined;
  /** The file that some of its values may have come from: a whole path. */
  readonly envFile?: string | undefined;
  /** The sign-in that requests carry: one of the gateway for everybody, or each principal's own. */
  readonly credentials?: 'gateway' | 'per-principal' | undefined;
  /** The part of the entry about signing in; undefined where it has none. */
  readonly oauth?: OAuthDefinition | undefined;
  /** The API, where the transport is `openapi`: `url` is then where it is, or its document where the entry does not say. */
  readonly openapi?: ApiDefinition | undefined;
}

/** The certainty that a call comes from its agent (docs/identity.md), weakest first. */
export type Assurance = 'claim' | 'hook' | 'launch' | 'token' | 'jwt';

/** The limits of a principal, or an agent; undefined means no limit. */
export interface Limits {
  readonly callsPerMinute: number | undefined;
  readonly concurrentCalls: number | undefined;
  /** Bytes of requests and results. */
  readonly bytesPerHour: number | undefined;
}

/** Limits of one program that an agent runs. */
export interface ProgramLimits {
  /** Calls in all, and at a time. */
  readonly calls: number;
  readonly parallel: number;
  /** MiB of memory. */
  readonly memoryMb: number;
  /** Milliseconds of the processor. */
  readonly cpuMs: number;
  /** Milliseconds in all, without those in which people were waited for. */
  readonly timeoutMs: number;
}

/** What a principal, or an agent, may spend in one period; undefined means without end. */
export interface Budget {
  readonly calls: number | undefined;
  /** Tokens of results, estimated. */
  readonly resultTokens: number | undefined;
  /** In whatever the costs of tools are stated in. */
  readonly cost: number | undefined;
  readonly per: 'hour' | 'day' | 'week' | 'month';
}

/** The settings of an agent besides what it may use. */
export interface AgentTerms {
  readonly minAssurance: Assurance | undefined;
  /** The view of its connections; undefined where the process decides. */
  readonly expose?: 'discovery' | 'direct' | undefined;
  /** `split`: it calls what reads, writes and destroys with a tool of its own each. */
  readonly execute?: 'one' | 'split' | undefined;
  /** May it run programs of its own (`run_code`), and within what; undefined where the process decides. */
  readonly code?: false | Partial<ProgramLimits> | undefined;
  /** Tokens of a result; a longer one is cut. */
  readonly maxResultTokens?: number | undefined;
  readonly limits: Limits | undefined;
  readonly budget?: Budget | undefined;
  /** Equal calls with equal answers in a row that it may make; undefined for what counts for all. */
  readonly loopBreaker?: number | 'off' | undefined;
}

/** Tokens of an issuer that are meant for this gateway. */
export interface JwtDefinition {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUri: string;
  /** Claim that names the agents of a token. */
  readonly agentClaim: string | undefined;
  /** Scope -> agent patterns; undefined where scopes do not matter. */
  readonly scopes: ReadonlyMap<string, readonly string[]> | undefined;
}

/** A principal of the rules file (docs/identity.md). */
export interface PrincipalDefinition {
  readonly name: string;
  readonly stdio: boolean;
  /** Lower-case hex SHA-256 of the whole token. */
  readonly tokenSha256: string | undefined;
  /** Milliseconds since 1970 from which on the token is no longer good. */
  readonly expiresAt: number | undefined;
  readonly jwt: JwtDefinition | undefined;
  /** A hook of the client says which agent calls; what a model claims does not count. */
  readonly hook: boolean;
  /** May read what names all servers and agents. */
  readonly operator: boolean;
  readonly defaultAgent: string | undefined;
  /** Agent patterns. */
  readonly mayAssume: readonly string[];
  /** An agent: what is not allowed to it is not allowed to this principal, whatever agent it acts as. */
  readonly ceiling: string | undefined;
  readonly limits: Limits | undefined;
  readonly budget?: Budget | undefined;
}

/** An OpenAI-compatible endpoint that turns texts into vectors. */
export interface EmbeddingsDefinition {
  /** Changes with everything that the vectors of tools depend on. */
  readonly key: string;
  readonly url: string;
  readonly model: string;
  /** Length of the vectors to ask for; undefined where the model decides. */
  readonly dimensions: number | undefined;
  readonly apiKey: string | undefined;
  /** Milliseconds that a search waits. */
  readonly timeoutMs: number;
  readonly queryPrefix: string;
  readonly toolPrefix: string;
}

/** Ways to find tools besides by their words. */
export interface SearchTerms {
  readonly embeddings: EmbeddingsDefinition | undefined;
  /** True if it is remembered what was used after which question. */
  readonly learnFromUse: boolean;
}

/** The program that a request of ours tells about a question. */
export interface WebhookTerms {
  readonly url: string;
  /** The secret with which requests are signed. */
  readonly secret: string;
}

/** The terms for asking people about calls. */
export interface ApprovalTerms {
  /** Ways to a person. */
  readonly via: readonly ('client' | 'web' | 'cli' | 'webhook')[];
  /** Milliseconds after which silence is no. */
  readonly timeoutMs: number;
  /** True if an answer may count for more than one call. */
  readonly remember: boolean;
  readonly webhook: WebhookTerms | undefined;
}

/** The origin of a setting, for `get_gateway_status` and for messages. */
export interface ConfigPaths {
  readonly servers: string;
  readonly rules: string;
}

/**
 * Everything a call is decided with: immutable, validated whole, swapped by one assignment. A call holds the snapshot that
 * decided it.
 */
export interface Snapshot {
  /** Hash of both files' content. */
  readonly version: string;
  readonly paths: ConfigPaths;
  /** Servers that can be used. */
  readonly servers: ReadonlyMap<string, ServerDefinition>;
  /** Servers that are switched off by an error in their own entry (D12): name -> reason, for the owner only. */
  readonly broken: ReadonlyMap<string, BrokenServer>;
  /** Those that have only tools of others; undefined for none. `policy` knows them. */
  readonly virtual?: ReadonlyMap<string, VirtualServer> | undefined;
  readonly policy: Policy;
  readonly denyOnMissingAgent: boolean;
  readonly explainDenials: boolean;
  /** Equal calls with equal answers in a row; undefined for any number. */
  readonly loopBreaker?: number | undefined;
  /** Only agents that have some. */
  readonly agentTerms: ReadonlyMap<string, AgentTerms>;
  /** True if agents whose rules do not say may run programs of their own (`--code`). */
  readonly code?: boolean | undefined;
  /** Undefined where the rules have no `principals`. */
  readonly principals: ReadonlyMap<string, PrincipalDefinition> | undefined;
  readonly search: SearchTerms;
  readonly approvals: ApprovalTerms;
  readonly warnings: readonly Problem[];
  /** Values that must not be written anywhere; read them with `secretsOf`. */
  readonly secrets?: readonly string[];
}

export interface BrokenServer {
  readonly name: string;
  readonly description: string | undefined;
  readonly reason: string;
  /** The advice; a sentence for each reason. */
  readonly fix: string;
}

/** Something found in a configuration file, with the place and the fix. Lines and columns count from 1. */
export interface Problem {
  readonly severity: 'error' | 'warning';
  /** True where it switches off one server and stops nothing else (D12). */
  readonly serverOff?: true;
  /** True for what matters only to somebody who comes from the Python gateway: `validate` says it, the log does not. */
  readonly migration?: true;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly fix: string;
}
