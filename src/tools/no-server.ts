/** What an agent is told that names a server which is not there: only ever one whose name it may use. */
import { didYouMean } from '../catalog/nearest.ts';
import { GatewayError } from '../shared/errors.ts';
import { NEXT_STEPS } from '../shared/next-steps.ts';
import { visibleServers } from './list-servers.ts';
import type { ToolContext } from './types.ts';

/** @param hint goes on after the first sentence. */
export function noServer(name: string, hint = ''): GatewayError {
  return new GatewayError('SERVER_UNAVAILABLE', `Server '${name}' is not available.${hint} ${NEXT_STEPS.seeServers}`);
}

/** The same, and which server may have been meant, among those that the caller may use. */
export function noServerLike(context: ToolContext, name: string): GatewayError {
  return noServer(
    name,
    didYouMean(
      name,
      visibleServers(context).map((server) => server.name),
    ),
  );
}
