/** Warnings about entries that name tools of other servers which those do not have, as far as it is known what they have. */
import { compilePattern, isLiteralPattern } from '../../policy/pattern.ts';
import type { ConfigDocument } from '../json-document.ts';
import { nearest } from '../nearest-name.ts';
import { serversIn } from '../other-clients.ts';
import { quote } from '../quote-name.ts';
import { pathName, problemAt } from '../rules-file.ts';
import type { Problem } from '../snapshot.ts';
import type { VirtualServer, VirtualTools } from './virtual-server.ts';

type Virtual = ReadonlyMap<string, VirtualServer>;
/** Names of tools as agents know them, by server, where these are known. */
type Known = ReadonlyMap<string, ReadonlyMap<string, unknown>>;

/** One for each tool that its server does not list, each pattern that fits none, and each tool whose name leads to another one. */
export function virtualWarnings(document: ConfigDocument, virtual: Virtual, known: Known): Problem[] {
  const above = serversIn(document.root)?.path ?? [];
  return [...virtual.values()].flatMap((one) =>
    one.tools.flatMap((tools, index) => {
      const names = known.get(tools.server);
      const found = names && suspect(one, tools, [...names.keys()]);
      if (found === undefined) return [];
      const path = ['virtual', 'tools', index];
      const message = `Server ${quote(one.name)}: ${pathName(path)} ${found.message}`;
      return [problemAt(document, 'warning', [...above, one.name, ...path], message, found.fix)];
    }),
  );
}

interface Suspect {
  /** The end of a sentence about the tool. */
  readonly message: string;
  readonly fix: string;
}

function suspect(
  virtual: VirtualServer,
  { server, tool }: VirtualTools,
  names: readonly string[],
): Suspect | undefined {
  if (isLiteralPattern(tool)) {
    if (names.includes(tool)) return undefined;
    const similar = nearest(tool, names);
    const fix =
      similar === undefined
        ? 'Correct the name, or keep it for one that comes back'
        : `Did you mean ${quote(`${server}.${similar}`)}?`;
    return { message: `names no tool that server ${quote(server)} shows agents`, fix };
  }
  const matches = compilePattern(tool);
  const fitting = names.filter(matches);
  if (fitting.length === 0)
    return {
      message: `fits no tool that server ${quote(server)} shows agents`,
      fix: 'Correct the pattern, or keep it for tools that come',
    };
  const lost = fitting.find((name) => virtual.shownAs(server, name) === undefined);
  if (lost === undefined) return undefined;
  const other = virtual.originalOf(virtual.nameFor(server, lost));
  return {
    message: `does not reach the tool ${quote(lost)}: that name leads to one of server ${quote(other?.server ?? '')}`,
    fix: 'Give one of them another name in the entry of its server, or write "prefix": true',
  };
}
