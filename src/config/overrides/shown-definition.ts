/** Writes a definition of a server as agents see it. Pure. */
import { readObject } from '../../protocol/json-rpc.ts';
import type { ItemOverride, OverrideKind } from './overrides.ts';
import { shownSchema } from './shown-schema.ts';

type Fields = Readonly<Record<string, unknown>>;

/** @param raw JSON text of an object. Members that nothing is said about keep their text. */
export function shownDefinition(raw: string, kind: OverrideKind, item: ItemOverride): string {
  const { name, title, description, annotations, args } = item;
  const members = new Map<string, (before: unknown) => unknown>();
  if (name !== undefined) members.set('name', () => name);
  if (title !== undefined) members.set('title', () => title);
  if (description !== undefined) members.set('description', () => description);
  if (annotations !== undefined) members.set('annotations', (before) => ({ ...fieldsOf(before), ...annotations }));
  if (args.length > 0 && kind === 'tools') members.set('inputSchema', (before) => shownSchema(before, args));
  if (args.length > 0 && kind === 'prompts') members.set('arguments', (before) => shownArguments(before, item));
  return withMembers(raw, members);
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function withMembers(raw: string, change: ReadonlyMap<string, (before: unknown) => unknown>): string {
  const left = new Map(change);
  const written = (readObject(raw)?.members ?? []).map(({ key, keyStart, start, end }) => {
    const how = left.get(key);
    left.delete(key);
    if (how === undefined) return raw.slice(keyStart, end);
    return `${raw.slice(keyStart, start)}${JSON.stringify(how(JSON.parse(raw.slice(start, end))))}`;
  });
  for (const [key, how] of left) {
    const value = how(undefined);
    if (value !== undefined) written.push(`${JSON.stringify(key)}:${JSON.stringify(value)}`);
  }
  return `{${written.join(',')}}`;
}

/** The list of arguments of a prompt. */
function shownArguments(before: unknown, { args }: ItemOverride): unknown {
  if (!Array.isArray(before)) return before;
  return before.flatMap((argument: unknown) => {
    const fields = fieldsOf(argument);
    const how = args.find(({ path }) => path.at(-1) === fields['name']);
    if (how === undefined) return [argument];
    if (how.isHidden) return [];
    const description = how.description === undefined ? {} : { description: how.description };
    return [{ ...fields, ...description, ...(how.byDefault === undefined ? {} : { required: false }) }];
  });
}
