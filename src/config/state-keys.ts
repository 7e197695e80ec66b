/** Keys of what callers carry from one gateway to another (`GATEWAY_STATE_KEY`), one for each purpose. */
import { createHmac } from 'node:crypto';
import type { Settings } from './settings.ts';

/** The first seals, all open. Empty where this installation has keys of its own. */
export function stateKeysFor({ stateKeys }: Pick<Settings, 'stateKeys'>, purpose: string): readonly Uint8Array[] {
  return stateKeys.map((key) => createHmac('sha256', key).update(`agent-mcp-gateway ${purpose}`).digest());
}

/** Characters of the version of a configuration that are told. */
const VERSION_CHARACTERS = 16;

/**
 * The version of a configuration as anybody may know it, the same at all gateways with the same key and files. Undefined without a key:
 * a digest alone would tell who guesses what the files hold that the guess is right.
 */
export function toldVersion(settings: Pick<Settings, 'stateKeys'>, version: string): string | undefined {
  const [key] = stateKeysFor(settings, 'configuration');
  return key && createHmac('sha256', key).update(version).digest('hex').slice(0, VERSION_CHARACTERS);
}
