/** A tool as a TypeScript declaration, of what it takes and what its server says that it gives. */
import { briefOf } from '../../catalog/render-tool.ts';
import type { ToolEntry } from '../../catalog/tool-entry.ts';
import { signature } from '../../catalog/tool-signature.ts';
import { readObject } from '../../protocol/json-rpc.ts';
import { findMember, valueText } from '../../protocol/members.ts';

/** One line and what it does, e.g. `create_issue(args: {title: string}): Promise<{id: number}>`. */
export function declarationOf(entry: ToolEntry): string {
  const { signature: taken, purpose } = briefOf(entry);
  const output = valueText(entry.raw, findMember(readObject(entry.raw), 'outputSchema'));
  const given = output === undefined ? undefined : signature(output);
  const takes = taken === undefined ? entry.inputSchema : typeOf(taken);
  const gives = output === undefined ? 'any' : given === undefined ? output : typeOf(given);
  return `${purpose === '' ? '' : `/** ${purpose.replaceAll('*/', '* /')} */ `}${entry.name}(args: ${takes}): Promise<${gives}>`;
}

/** The type of the object whose members stand in parentheses. */
function typeOf(text: string): string {
  const end = text.lastIndexOf(') where ');
  const members = end < 0 ? text.slice(1, -1) : text.slice(1, end);
  return `{${members}}${end < 0 ? '' : ` /* ${text.slice(end + 2)} */`}`;
}
