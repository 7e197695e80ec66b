/** Calls after which what is kept of the answers of their server counts no longer. */
import { onlyReads } from '../../catalog/tool-access.ts';
import type { ToolEntry } from '../../catalog/tool-entry.ts';
import type { ServerDefinition } from '../../config/snapshot.ts';
import type { ToolContext } from '../operation.ts';

/**
 * The same answer. Where the tool may write, nothing counts any more that was kept before, nor what was read meanwhile.
 * @param entry the definition of the tool; undefined where it is not at hand
 */
export function whileWriting<T>(
  { catalog, snapshot }: ToolContext,
  server: ServerDefinition,
  tool: string,
  entry: ToolEntry | undefined,
  answering: Promise<T>,
): Promise<T> {
  if (server.overrides?.keepsResults !== true) return answering;
  const known = entry ?? catalog.listed(server)?.find(({ name }) => name === tool);
  if (known !== undefined && onlyReads(snapshot.policy, server.name, tool, known)) return answering;
  catalog.changed(server.name);
  return answering.finally(() => catalog.changed(server.name));
}
