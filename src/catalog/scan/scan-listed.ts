/** Scans what a server listed, in slices, so that others get their turn. */
import { createSlices } from '../../shared/slices.ts';
import type { Offer } from '../prompts-and-resources.ts';
import type { ToolEntry } from '../tool-entry.ts';
import type { Finding } from './finding.ts';
import type { ScannedDefinition } from './scan-definition.ts';
import { inOrder, type ServerBeside, type ServerScan, scanSteps } from './scan-server.ts';

/** The texts of a server for models, as it wrote them. */
export interface ListedDefinitions {
  readonly tools: readonly Pick<ToolEntry, 'name' | 'raw'>[];
  readonly prompts?: readonly Pick<Offer, 'key' | 'raw'>[];
  readonly templates?: readonly Pick<Offer, 'key' | 'raw'>[];
  readonly skills?: readonly Pick<Offer, 'key' | 'raw'>[];
  readonly instructions?: string | undefined;
}

/**
 * The findings, the most serious first. Whoever accepts definitions unseen accepts those without one above `low` (`isSuspicious`).
 * @param others tools of the other servers, to know names that are imitated or spoken of
 */
export async function scanListed(
  server: string,
  listed: ListedDefinitions,
  others: readonly ServerBeside[],
): Promise<Finding[]> {
  const slice = createSlices();
  const found: Finding[] = [];
  for (const findings of scanSteps({ server, definitions: definitionsOf(listed), others })) {
    found.push(...findings);
    await slice();
  }
  return inOrder(found);
}

/** The same definitions for `scanServer`, which does not wait. */
export function definitionsOf({
  tools,
  prompts = [],
  templates = [],
  skills = [],
  instructions,
}: ListedDefinitions): ServerScan['definitions'] {
  const read = (type: ScannedDefinition['type'], name: string, raw: string) => ({
    type,
    name,
    definition: JSON.parse(raw),
  });
  return [
    ...tools.map(({ name, raw }) => read('tool', name, raw)),
    ...prompts.map(({ key, raw }) => read('prompt', key, raw)),
    ...templates.map(({ key, raw }) => read('template', key, raw)),
    ...skills.map(({ key, raw }) => read('skill', key, raw)),
    ...(instructions === undefined ? [] : [{ type: 'instructions' as const, name: '', definition: instructions }]),
  ];
}
