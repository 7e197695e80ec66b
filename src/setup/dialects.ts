/** The form in which each client writes an entry: its variables, its units of time, its names for what may be used. */

/** The references to variables that a client replaces. What it does not replace is meant as it is written. */
export type DialectVariables =
  /** `${VAR}` and `${VAR:-default}`. */
  | 'braces'
  /** `${env:VAR}` and places such as `${workspaceFolder}`. */
  | 'env'
  /** As `env`, with `${input:id}`. */
  | 'env-and-inputs'
  /** `$VAR`, `${VAR}` and `${VAR:-default}`. */
  | 'shell'
  /** `{env:VAR}` and `{file:path}`. */
  | 'curly'
  /** `${{ secrets.NAME }}`. */
  | 'continue'
  | 'none';

export interface Dialect {
  readonly variables: DialectVariables;
  /** Unit of `timeout`. */
  readonly timeout: 'ms' | 's';
  /** Transport that `url` means where the entry names none; both are tried without it. */
  readonly urlMeans?: 'http' | 'sse';
  /** Lists of tools that may be used, that may not, and that are used without asking. */
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  readonly approved: readonly string[];
  /** Keys that mean nothing to a gateway, and lose nothing. */
  readonly ignored: readonly string[];
}

const PLAIN: Dialect = { variables: 'none', timeout: 'ms', allow: [], deny: [], approved: [], ignored: [] };

export const DIALECTS = {
  'claude-code': { ...PLAIN, variables: 'braces' },
  'claude-desktop': PLAIN,
  cursor: { ...PLAIN, variables: 'env', ignored: ['name'] },
  vscode: { ...PLAIN, variables: 'env-and-inputs', ignored: ['gallery', 'version', 'dev'] },
  'copilot-cli': { ...PLAIN, variables: 'shell', allow: ['tools'] },
  codex: {
    ...PLAIN,
    urlMeans: 'http',
    allow: ['enabled_tools'],
    deny: ['disabled_tools'],
    ignored: ['name', 'required', 'supports_parallel_tool_calls'],
  },
  gemini: { ...PLAIN, variables: 'shell', urlMeans: 'sse', allow: ['includeTools'], deny: ['excludeTools'] },
  antigravity: { ...PLAIN, deny: ['disabledTools'], ignored: ['$typeName'] },
  windsurf: { ...PLAIN, variables: 'env', deny: ['disabledTools'], approved: ['alwaysAllow'] },
  devin: { ...PLAIN, variables: 'env', deny: ['disabledTools'] },
  zed: { ...PLAIN, urlMeans: 'http', ignored: ['source'] },
  opencode: { ...PLAIN, variables: 'curly' },
  goose: { ...PLAIN, timeout: 's', allow: ['available_tools'], ignored: ['bundled', 'display_name', 'name'] },
  cline: { ...PLAIN, timeout: 's', urlMeans: 'sse', approved: ['autoApprove', 'alwaysAllow'] },
  roo: {
    ...PLAIN,
    variables: 'env',
    timeout: 's',
    urlMeans: 'sse',
    deny: ['disabledTools'],
    approved: ['alwaysAllow'],
    ignored: ['watchPaths'],
  },
  continue: { ...PLAIN, variables: 'continue', urlMeans: 'http', ignored: ['name'] },
  'amazon-q': { ...PLAIN, variables: 'env', deny: ['disabledTools'], approved: ['autoApprove'] },
  kiro: { ...PLAIN, variables: 'braces', deny: ['disabledTools'], approved: ['autoApprove'] },
  junie: PLAIN,
} as const satisfies Record<string, Dialect>;
