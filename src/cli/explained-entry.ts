/** Applies the entry of a server to a call that `policy explain` is asked about. */
import process from 'node:process';
import type { FileContent } from '../config/config-files.ts';
import { checkConfig } from '../config/load-snapshot.ts';
import { quote } from '../config/quote-name.ts';
import type { Snapshot } from '../config/snapshot.ts';
import { sentArguments } from '../operations/sent-arguments.ts';
import type { OfferKind } from '../policy/rules-data.ts';
import { GatewayError } from '../shared/errors.ts';

interface Asked {
  readonly server: string;
  readonly name: string | undefined;
  readonly kind: OfferKind;
  /** JSON text of the arguments. */
  readonly args: string | undefined;
}

export interface EntrySays {
  /** The virtual servers of the file; undefined for none. */
  readonly virtual?: Snapshot['virtual'];
  /** The server's name of it, where that is another one. */
  readonly original: string | undefined;
  /** The arguments as the server gets them. */
  readonly args: string | undefined;
  /** Sentences for people. */
  readonly notes: readonly string[];
}

/** @param files those of the configuration; nothing is said where they cannot be used */
export async function entrySays(
  { servers, rules }: { readonly servers: FileContent | undefined; readonly rules: FileContent },
  { server: name, name: asked, kind, args }: Asked,
): Promise<EntrySays> {
  const unread: EntrySays = { original: undefined, args, notes: [] };
  if (servers === undefined || !/"(?:tools|prompts|resources|virtual)"/.test(textOf(servers))) return unread;
  const { snapshot } = await checkConfig({ servers, rules }, process.env);
  const virtual = snapshot?.virtual;
  const group = virtual?.get(name);
  const nothing: EntrySays = { ...unread, virtual };
  if (asked === undefined) return nothing;
  if (group !== undefined) {
    const original = kind === 'tool' ? group.originalOf(asked) : undefined;
    if (original === undefined) {
      const what = `${quote(name)} is a virtual server, and names no ${kind} ${quote(asked)}`;
      return { ...nothing, notes: [`Note: ${what}: nothing is reached under this name.`] };
    }
    const of = `${original.server}.${original.name}`;
    const says = await entrySays({ servers, rules }, { server: original.server, name: original.name, kind, args });
    const note = `Note: ${quote(name)} is a virtual server: this is ${quote(of)}, whose rules hold as well.`;
    return { ...says, notes: [note, ...says.notes] };
  }
  const server = snapshot?.servers.get(name);
  const overrides = server?.overrides;
  if (overrides === undefined || kind === 'skill') return nothing;
  const original = overrides.originalOf(kind, asked);
  if (original === undefined) return { ...nothing, notes: [`Note: ${overrides.whyGone(kind, asked)}`] };
  try {
    const sent = args === undefined ? undefined : sentArguments(server, kind, asked, args, `$\{principal}`);
    return { ...nothing, original: original === asked ? undefined : original, args: sent };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { ...nothing, notes: [`Note: ${error.message}`] };
  }
}

function textOf(content: FileContent): string {
  return content.ok ? content.bytes.toString('utf8') : '';
}
