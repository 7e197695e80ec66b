import { parseDocument } from '../../config/json-document.ts';
import { readEntry } from '../../config/server-entry.ts';
import type { JsonObject } from '../../setup/edit/data.ts';
import { GatewayError } from '../../shared/errors.ts';

/**
 * Refuses an entry that the gateway could not use, whatever its variables hold.
 * @throws GatewayError USAGE
 */
export async function checkEntry(name: string, entry: JsonObject): Promise<void> {
  const text = JSON.stringify({ mcpServers: { [name]: entry } });
  const parsed = parseDocument('entry', Buffer.from(text));
  const root =
    parsed.ok && parsed.document.root.kind === 'object'
      ? parsed.document.root.members.get('mcpServers')?.value
      : undefined;
  const node = root?.kind === 'object' ? root.members.get(name)?.value : undefined;
  if (!parsed.ok || node === undefined) throw new GatewayError('USAGE', 'This is not a server entry.');
  const schema = await import('../../config/file-schemas.ts');
  // Every variable has a value: which are set where the gateway starts is not known here.
  const names = [...text.matchAll(/\$\{(?:env:)?(secret:[\w.-]+|[A-Za-z_]\w*)/g)].map(([, one = '']) => one);
  const env = Object.fromEntries(names.map((one) => [one, 'x']));
  const result = readEntry(name, ['mcpServers', name], node, {
    document: parsed.document,
    env,
    schema,
    mainScript: undefined,
  });
  if (result.kind === 'broken') throw new GatewayError('USAGE', `${result.broken.reason}. ${result.broken.fix}`);
}
