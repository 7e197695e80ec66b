/** Warnings about entries that speak of tools and arguments which their servers do not have, as far as it is known what they have. */
import type { ConfigDocument } from '../json-document.ts';
import { serversIn } from '../other-clients.ts';
import { quote } from '../quote-name.ts';
import { pathName, problemAt } from '../rules-file.ts';
import type { Problem, ServerDefinition } from '../snapshot.ts';

const LISTS = ['tools', 'prompts', 'resources', 'templates'] as const;

type Servers = ReadonlyMap<string, Pick<ServerDefinition, 'overrides'>>;
/** JSON text of the definitions of tools as their servers give them, by server, then by name. */
type Listed = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** The definitions of prompts, resources or templates of a server, by name or URI; undefined where nobody knows them. */
export type ListedOffers = (
  server: string,
  list: 'prompts' | 'resources' | 'templates',
) => ReadonlyMap<string, string> | undefined;

/** One for each tool, prompt or resource that its server did not list, and each argument that it does not take. */
export function overrideWarnings(
  document: ConfigDocument,
  servers: Servers,
  listed: Listed,
  offers: ListedOffers = () => undefined,
): Problem[] {
  const above = serversIn(document.root)?.path ?? [];
  return [...servers].flatMap(([server, { overrides }]) => {
    if (overrides === undefined) return [];
    const found = LISTS.flatMap((list) => {
      const definitions = list === 'tools' ? listed.get(server) : offers(server, list);
      return definitions === undefined ? [] : overrides.unknown(list, definitions);
    });
    return found.map(({ path, message, fix }) => {
      const text = `Server ${quote(server)}: ${pathName(path)} ${message}`;
      return problemAt(document, 'warning', [...above, server, ...path], text, fix, 'key');
    });
  });
}

/** The input schemas of the tools of configured servers, by the names that agents know, with the arguments that rules can speak of. */
export function knownSchemas(servers: Servers, listed: Listed): ReadonlyMap<string, ReadonlyMap<string, unknown>> {
  const configured = [...listed].filter(([server]) => servers.has(server));
  return new Map(
    configured.map(([server, tools]) => {
      const { overrides } = servers.get(server) ?? {};
      const shown = [...tools].flatMap(([name, raw]) => {
        const form = overrides?.shown('tools', name, raw);
        if (form === 'hidden') return [];
        const { name: known } = JSON.parse(form?.raw ?? raw) as { readonly name: string };
        const { inputSchema } = JSON.parse(raw) as { readonly inputSchema?: unknown };
        return [[known, inputSchema] as const];
      });
      return [server, new Map(shown)];
    }),
  );
}
