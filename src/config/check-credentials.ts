/** Exactly one credential per principal, and nobody else's: otherwise it would be a guess who connected. */
import type { FilePrincipal, Report } from './check-principals.ts';
import { quote } from './quote-name.ts';

/** @param taken credentials of the principals before, with their owners; this one's is added. */
export function checkCredential(
  name: string,
  principal: FilePrincipal,
  taken: Map<string, string>,
  report: Report,
): void {
  const { stdio, token_sha256: token, expires, jwt } = principal;
  if (name === '') report('error', [], 'has no name', 'Give it one: it is written into the audit');
  if (name.includes('/')) {
    report('error', [], 'has a "/" in its name', 'Leave it out: the audit writes one before the subject of a JWT');
  }
  if (expires !== undefined) checkExpiry(expires, token !== undefined, report);
  const credentials = [
    ...(stdio === undefined ? [] : [{ key: 'stdio', at: 'stdio', clash: 'both claim stdio' }]),
    ...(token === undefined ? [] : [{ key: token, at: 'token_sha256', clash: 'have the same token' }]),
    ...(jwt === undefined
      ? []
      : [{ key: JSON.stringify([jwt.issuer, jwt.audience]), at: 'jwt', clash: 'have the same issuer and audience' }]),
  ];
  const [credential, ...more] = credentials;
  if (credential === undefined) {
    report('error', [], 'has no credential', 'Add "stdio": true, "token_sha256" or "jwt"');
    return;
  }
  if (more.length > 0) {
    const names = credentials.map(({ at }) => quote(at)).join(' or ');
    const number = credentials.length === 2 ? 'two' : 'three';
    report('error', [], `has ${number} credentials`, `Keep ${names}, and make other principals of the rest`);
    return;
  }
  const owner = taken.get(credential.key);
  if (owner === undefined) taken.set(credential.key, name);
  else report('error', [credential.at], `and ${quote(owner)} ${credential.clash}`, CLASH_FIX[credential.at] ?? '');
}

const CLASH_FIX: Readonly<Record<string, string>> = {
  stdio: 'Keep one of them',
  token_sha256: 'Give each principal a token of its own',
  jwt: 'Make one principal of them, and tell its callers apart by "agent_claim" or "scopes"',
};

function checkExpiry(expires: string, hasToken: boolean, report: Report): void {
  if (!hasToken) {
    const fix = 'Remove "expires": only "token_sha256" has one';
    report('error', ['expires'], 'has a date of expiry, but no token', fix);
  } else if (Date.parse(expires) <= Date.now()) {
    const fix = 'Make a new one with "agent-mcp-gateway token create", or remove the principal';
    report('warning', ['expires'], 'has a token that has expired', fix);
  }
}
