/** Runs the commands about tokens. */
import { openRules, type RulesEditor } from '../config/edit-rules.ts';
import { quote } from '../config/quote-name.ts';
import type { Settings } from '../config/settings.ts';
import type { PrincipalDefinition } from '../config/snapshot.ts';
import { createToken, tokenHash } from '../identity/generated-token.ts';
import { compilePattern, isLiteralPattern } from '../policy/pattern.ts';
import { GatewayError } from '../shared/errors.ts';
import { print, printJson, say } from './output.ts';
import { instantIn } from './token-expiry.ts';

interface CreateOptions {
  readonly name: string;
  readonly agent?: string;
  readonly expires?: string;
  readonly operator?: boolean;
  readonly write?: boolean;
  readonly json?: boolean;
}

/**
 * Makes a token; the rules get its entry, or the caller does.
 * @throws GatewayError USAGE, CONFIG_NOT_FOUND, CONFIG_INVALID
 */
export async function createTokenCommand(settings: Settings, options: CreateOptions): Promise<void> {
  const { name, write, json } = options;
  const editor = await openRules(settings);
  checkName(editor, name);
  const token = createToken();
  const entry = {
    token_sha256: tokenHash(token),
    ...(options.expires === undefined ? {} : { expires: instantIn(options.expires, Date.now()) }),
    ...agentsOf(editor, options),
    ...(options.operator === true ? { operator: true } : {}),
  };
  const local = localFor(editor, name);
  if (write === true) await editor.addPrincipals(new Map([...local, [name, entry]]));
  if (json === true) printJson({ name, token, entry, rules: editor.path, written: write === true });
  else print(token);
  for (const line of advice(editor, name, entry, local, write === true)) say(line);
}

function checkName(editor: RulesEditor, name: string): void {
  if (!/^[A-Za-z0-9_.-]+$/.test(name)) {
    throw new GatewayError('USAGE', 'The name of a principal has letters, digits, "_", "." and "-".');
  }
  if (editor.rules.principals?.has(name) !== true) return;
  throw new GatewayError(
    'USAGE',
    `${editor.path} has a principal ${quote(name)} already: revoke it first, or choose another name.`,
  );
}

/** A pattern has no default: its agents are told apart by `agent_id`. */
function agentsOf(editor: RulesEditor, { name, agent: wanted, operator }: CreateOptions): object {
  const agents = Object.keys(editor.rules.rules?.agents ?? {});
  const agent = wanted ?? name;
  // Whoever only looks acts as nobody.
  if (operator === true && wanted === undefined && !agents.includes(name)) return { may_assume: [] };
  if (!agents.some(compilePattern(agent))) {
    const known = agents.map((each) => quote(each)).join(', ');
    throw new GatewayError('USAGE', `The rules have no agent ${quote(agent)}: choose with --agent among ${known}.`);
  }
  return isLiteralPattern(agent) ? { default: agent, may_assume: [agent] } : { may_assume: [agent] };
}

/** Once there are principals, they are all there is: clients that start the gateway over stdio keep what they had. */
function localFor(editor: RulesEditor, name: string): ReadonlyMap<string, object> {
  if (editor.rules.principals !== undefined) return new Map();
  return new Map([[name === 'local' ? 'stdio' : 'local', { stdio: true, may_assume: ['*'] }]]);
}

function advice(
  editor: RulesEditor,
  name: string,
  entry: object,
  local: ReadonlyMap<string, object>,
  written: boolean,
): string[] {
  const { path } = editor;
  const text = `"${name}": ${JSON.stringify(entry)}`;
  const first = [...local.keys()].flatMap((other) => [
    'From then on only principals of the rules may connect, and the token that the gateway made is no longer good.',
    `${written ? `Added ${quote(other)} as well` : 'Add this as well'}: clients that start the gateway themselves need it.`,
    `  "${other}": {"stdio": true, "may_assume": ["*"]}`,
  ]);
  return [
    ...(written
      ? [`Added principal ${quote(name)} to ${path}.`]
      : [`Add this to "principals" in ${path}:`, `  ${text}`]),
    ...first,
    'This is the only time the token is shown. Clients send it as "Authorization: Bearer TOKEN".',
  ];
}

/** Prints every principal that has a token. @throws GatewayError CONFIG_NOT_FOUND, CONFIG_INVALID */
export async function listTokens(settings: Settings, json: boolean | undefined): Promise<void> {
  const { rules, path } = await openRules(settings);
  const found = [...(rules.principals?.values() ?? [])].flatMap(tokenFacts);
  if (json === true) printJson(found);
  else if (rules.principals === undefined) {
    say(`${path} has no principals: over HTTP the token that the gateway made at its first start is good.`);
  } else if (found.length === 0) say('No principal has a token.');
  else for (const facts of found) print(line(facts));
}

interface TokenFacts {
  readonly name: string;
  /** Enough of the hash to tell tokens apart. */
  readonly token_sha256: string;
  readonly may_assume: readonly string[];
  readonly default: string | undefined;
  readonly expires: string | undefined;
  readonly expired: boolean;
}

function tokenFacts(principal: PrincipalDefinition): TokenFacts[] {
  const { name, tokenSha256, expiresAt, mayAssume } = principal;
  if (tokenSha256 === undefined) return [];
  const expires = expiresAt === undefined ? undefined : new Date(expiresAt).toISOString();
  const expired = expiresAt !== undefined && expiresAt <= Date.now();
  const hash = tokenSha256.slice(0, 12);
  return [{ name, token_sha256: hash, may_assume: mayAssume, default: principal.defaultAgent, expires, expired }];
}

function line({ name, token_sha256: hash, may_assume: agents, expires, expired }: TokenFacts): string {
  const end = expires === undefined ? 'never expires' : `${expired ? 'EXPIRED' : 'expires'} ${expires}`;
  return [name, `sha256 ${hash}…`, agents.join(' '), end].join('  ');
}

/** Removes a principal. @throws GatewayError USAGE where it has no token, CONFIG_NOT_FOUND, CONFIG_INVALID */
export async function revokeToken(settings: Settings, name: string, json: boolean | undefined): Promise<void> {
  const editor = await openRules(settings);
  const { path } = editor;
  if (editor.rules.principals?.get(name)?.tokenSha256 === undefined) {
    throw new GatewayError(
      'USAGE',
      `${path} has no principal ${quote(name)} with a token: "agent-mcp-gateway token list" shows them.`,
    );
  }
  await editor.removePrincipal(name);
  const left = editor.rules.principals.size - 1;
  if (json === true) printJson({ name, rules: editor.path, revoked: true, principals_left: left });
  else print(`Removed principal ${quote(name)} from ${path}; a running gateway refuses its token in a moment.`);
  if (left > 0) return;
  say(
    'It was the last one: nobody may connect now, neither over stdio nor over HTTP. Add another with "agent-mcp-gateway token create NAME --write",',
    `or take "principals" out of ${path}: then every connection may be any agent.`,
  );
}
