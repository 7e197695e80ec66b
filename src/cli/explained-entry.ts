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
  /** The server's name of it, where that is another one. */
  readonly original: string | undefined;
  /** The arguments as the server gets them. */
  readonly args: string | undefined;
  /** Sentences for people. */
  readonly notes: readonly string[];
}

/** The configuration, where entries of the servers file may say something about calls; undefined where they do not, or it cannot be used. */
export async function shapingConfig({
  servers,
  rules,
}: {
  readonly servers: FileContent | undefined;
  readonly rules: FileContent;
}): Promise<Snapshot | undefined> {
  if (servers === undefined || !/"(?:tools|prompts|resources|virtual)"/.test(textOf(servers))) return undefined;
  return (await checkConfig({ servers, rules }, process.env)).snapshot;
}

/** @param snapshot nothing is said without one */
export function entrySays(snapshot: Snapshot | undefined, { server: name, name: asked, kind, args }: Asked): EntrySays {
  const nothing: EntrySays = { original: undefined, args, notes: [] };
  if (snapshot === undefined || asked === undefined) return nothing;
  const group = snapshot.virtual?.get(name);
  if (group !== undefined) {
    const original = kind === 'tool' ? group.originalOf(asked) : undefined;
    if (original === undefined) {
      const what = `${quote(name)} is a virtual server, and names no ${kind} ${quote(asked)}`;
      return { ...nothing, notes: [`Note: ${what}: nothing is reached under this name.`] };
    }
    const of = `${original.server}.${original.name}`;
    const says = entrySays(snapshot, { server: original.server, name: original.name, kind, args });
    const note = `Note: ${quote(name)} is a virtual server: this is ${quote(of)}, whose rules hold as well.`;
    return { ...says, notes: [note, ...says.notes] };
  }
  const server = snapshot.servers.get(name);
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
