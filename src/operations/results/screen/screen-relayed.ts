/** A relayed result, or error, cleared of what the rules of its server name. Loaded when some do. */
import type { ResultTerms } from '../../../config/result-kinds.ts';
import { readObjectInTurns } from '../../../protocol/json-rpc.ts';
import type { Relayed } from '../../../relay/relayed.ts';
import type { ToolContext } from '../../operation.ts';
import { withEdits } from '../../server-methods/edit-result.ts';
import { type Span, screenJson, withStrings } from './screen-json.ts';
import { type RedactionCounts, screenLargeText } from './screen-text.ts';

export async function screenRelayed(
  relayed: Relayed,
  terms: ResultTerms,
  call: Pick<ToolContext, 'screened'>,
): Promise<Relayed> {
  const counts: RedactionCounts = new Map();
  const cleared = await clear(relayed, terms, counts);
  if (counts.size > 0) call.screened(counts);
  return cleared;
}

async function clear(relayed: Relayed, terms: ResultTerms, counts: RedactionCounts): Promise<Relayed> {
  if (relayed.kind === 'error') {
    const message = await screenLargeText(relayed.message, terms, counts);
    const { data } = relayed;
    if (data === undefined) return { ...relayed, message };
    return { ...relayed, message, data: withStrings(data, await screenJson(data, terms, counts)) };
  }
  const { body } = relayed;
  const edits = await screenJson(body.text, terms, counts, await questionsIn(body.text));
  return edits.length === 0 ? relayed : { ...relayed, body: withEdits(body, edits) };
}

/** Questions and handles have to come back as they are, whatever else a result says beside them. */
const KEPT = ['requestState', 'inputRequests', 'taskId'];

async function questionsIn(text: string): Promise<readonly Span[]> {
  if (!KEPT.some((name) => text.includes(`"${name}"`))) return [];
  const root = await readObjectInTurns(text);
  return (root?.members ?? []).filter(({ key }) => KEPT.includes(key));
}
