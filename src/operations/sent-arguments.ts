/** Names and arguments as the server of a call gets them, which its entry may say (docs/overrides.md). */
import type { ServerDefinition } from '../config/snapshot.ts';
import type { OfferKind } from '../policy/rules-data.ts';

type Shaper = Pick<ServerDefinition, 'overrides'> | undefined;

/** @param shown the name that the caller wrote */
export function sentName(server: Shaper, kind: OfferKind, shown: string): string {
  return server?.overrides?.originalOf(kind, shown) ?? shown;
}

/**
 * @param text JSON text of the arguments of a tool, or of the params of a request for a prompt
 * @throws GatewayError INVALID_ARGUMENTS where the caller gives what it cannot
 */
export function sentArguments(server: Shaper, kind: OfferKind, shown: string, text: string, principal: string): string {
  const overrides = server?.overrides;
  return overrides === undefined || kind === 'resource' || kind === 'skill'
    ? text
    : overrides.put(kind, shown, text, principal);
}
