/** Keys of what callers carry from one gateway to another (`GATEWAY_STATE_KEY`), one for each purpose. */
import { createHmac } from 'node:crypto';
import type { Settings } from './settings.ts';

/** The first seals, all open. Empty where this installation has keys of its own. */
export function stateKeysFor({ stateKeys }: Pick<Settings, 'stateKeys'>, purpose: string): readonly Uint8Array[] {
  return stateKeys.map((key) => createHmac('sha256', key).update(`agent-mcp-gateway ${purpose}`).digest());
}
