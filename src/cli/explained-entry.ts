/** Applies the entry of a server to a call that `policy explain` is asked about. */
import process from 'node:process';
import type { FileContent } from '../config/config-files.ts';
import { checkConfig } from '../config/load-snapshot.ts';
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

/** @param files those of the configuration; nothing is said where they cannot be used */
export async function entrySays(
  { servers, rules }: { readonly servers: FileContent | undefined; readonly rules: FileContent },
  { server: name, name: asked, kind, args }: Asked,
): Promise<EntrySays> {
  const nothing: EntrySays = { original: undefined, args, notes: [] };
  if (servers === undefined || asked === undefined || !/"(?:tools|prompts|resources)"/.test(textOf(servers)))
    return nothing;
  const { snapshot } = await checkConfig({ servers, rules }, process.env);
  const server = snapshot?.servers.get(name);
  const overrides = server?.overrides;
  if (overrides === undefined || kind === 'skill') return nothing;
  const original = overrides.originalOf(kind, asked);
  if (original === undefined) return { ...nothing, notes: [`Note: ${overrides.whyGone(kind, asked)}`] };
  try {
    const sent = args === undefined ? undefined : sentArguments(server, kind, asked, args, `$\{principal}`);
    return { original: original === asked ? undefined : original, args: sent, notes: [] };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    return { ...nothing, notes: [`Note: ${error.message}`] };
  }
}

function textOf(content: FileContent): string {
  return content.ok ? content.bytes.toString('utf8') : '';
}
