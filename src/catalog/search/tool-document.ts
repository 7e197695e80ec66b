/** A tool as the search sees it. */
import { createHash } from 'node:crypto';
import type { Text } from '../embeddings/embedding-index.ts';
import type { ToolEntry } from '../tool-entry.ts';
import type { SearchDocument } from './search-index.ts';

/** Schemas nest this deep before the search stops looking. */
const MAX_DEPTH = 6;
/** Parameters of one tool that are looked at. */
const MAX_PARAMETERS = 200;

export function documentOf(
  server: { readonly name: string; readonly description: string | undefined },
  entry: ToolEntry,
): SearchDocument {
  const { name, title, description } = entry;
  const naming = title === undefined || title === name ? name : `${name} ${title}`;
  return {
    name,
    fields: [naming, server.name, description ?? '', parameterText(entry.inputSchema), server.description ?? ''],
  };
}

/** Characters of a tool that say what it means; small models read no more. */
const MAX_MEANING = 1000;

/** The text that stands for the meaning of a tool. Names and descriptions alone: parameters add nothing that was measurable. */
export function meaningOf(server: string, { name, title, description }: ToolEntry): Text {
  const read = (): string => `${server} ${title ?? name}: ${description ?? ''}`.slice(0, MAX_MEANING);
  return { key: createHash('sha256').update(read()).digest('hex'), read };
}

/** Names and descriptions of the parameters, at any depth. */
function parameterText(schema: string): string {
  const parts: string[] = [];
  let left = MAX_PARAMETERS;
  const visit = (value: unknown, depth: number): void => {
    if (typeof value !== 'object' || value === null || depth > MAX_DEPTH) return;
    const { properties, items, anyOf, oneOf, allOf } = value as Record<string, unknown>;
    if (typeof properties === 'object' && properties !== null) {
      for (const [name, property] of Object.entries(properties)) {
        if (left-- <= 0) return;
        parts.push(name);
        const description = (property as { description?: unknown } | null)?.description;
        if (typeof description === 'string') parts.push(description);
        visit(property, depth + 1);
      }
    }
    for (const inner of [items, anyOf, oneOf, allOf].flat()) visit(inner, depth + 1);
  };
  visit(JSON.parse(schema), 0);
  return parts.join(' ');
}
