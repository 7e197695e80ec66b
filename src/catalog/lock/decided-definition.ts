/** The digest that a call carries of the definition that its caller saw, and the error for callers of one that waits for the owner. */
import type { ServerDefinition } from '../../config/snapshot.ts';
import { GatewayError } from '../../shared/errors.ts';
import type { DecidedDefinition, DefinitionKind } from '../../upstream/contract.ts';

/** @returns undefined where changes are only recorded */
export function decidedOn(
  { definitions }: ServerDefinition,
  kind: DefinitionKind,
  name: string,
  { hash }: { readonly hash: string },
): DecidedDefinition | undefined {
  return definitions === undefined ? undefined : { kind, name, digest: hash };
}

const WHAT = { tool: 'Tool', prompt: 'Prompt', template: 'Resource template', skill: 'Skill' } as const;

/** @param name as the caller wrote it */
export function definitionChanged(server: string, kind: DefinitionKind, name: string): GatewayError {
  const what = `${WHAT[kind]} '${name}' of server '${server}'`;
  const look = command('diff', server, name);
  return new GatewayError(
    'DEFINITION_CHANGED',
    `${what} is not what the owner of this gateway accepted, and cannot be used until they look at it: ${look}. Ask them, or do without it.`,
  );
}

/** A server that would be launched in another way. @param isUnknown where nothing of it was ever accepted */
export function notStarted(server: string, lock: string, isUnknown: boolean): GatewayError {
  const why = isUnknown ? 'nothing of it was accepted yet' : 'how it is launched is not what was accepted';
  const does = isUnknown ? command('accept', server) : command('diff', server);
  return new GatewayError(
    'DEFINITION_CHANGED',
    `Server "${server}" was not started: ${why} (${lock}). The owner of the gateway has to look at it: ${does}.`,
  );
}

/** A command that the owner can paste; names that a shell would read are left to them. */
function command(verb: 'diff' | 'accept', ...names: readonly string[]): string {
  const plain = names.every((name) => /^[\w@%+=:,./-]{1,256}$/.test(name) && !name.startsWith('-')) ? names : [];
  return ['agent-mcp-gateway definitions', verb, ...plain].join(' ');
}
