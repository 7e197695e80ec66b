/** The error for a server that is not there: it lists only names that the agent may use. */
import { didYouMean } from '../catalog/name-suggestions.ts';
import { GatewayError } from '../shared/errors.ts';
import { visibleServers } from './gateway-tools/list-servers.ts';
import type { ToolContext } from './operation.ts';

/** Says which server may have been meant, among those that the caller may use. */
export function noServerLike(context: ToolContext, name: string): GatewayError {
  if (context.snapshot.virtual?.has(name) === true)
    return new GatewayError('METHOD_NOT_FOUND', `Server '${name}' has tools, and nothing else.`);
  const what = `Server '${name}' is not available`;
  if (context.snapshot.broken.has(name)) {
    const fix =
      'whoever runs the gateway has to look at its entry, and "agent-mcp-gateway validate" says what is wrong there';
    return new GatewayError('SERVER_UNAVAILABLE', `${what}: ${fix}.`);
  }
  const others = visibleServers(context).map((server) => server.name);
  return new GatewayError('SERVER_UNAVAILABLE', `${what}.${didYouMean(name, others)} ${context.wording.seeServers}`);
}
