/** Documents of an API -> its tools, and plans of their calls. Pure: whoever calls it reads what it refers to. */

import type { ApiDefinition } from '../../config/api-definition.ts';
import { nearest } from '../../config/nearest-name.ts';
import { compilePattern } from '../../policy/pattern.ts';
import { quoted } from '../../shared/quote-text.ts';
import { isPathTemplate } from './call/path-template.ts';
import type { ApiNote, CompiledApi, OperationPlan } from './call-plan.ts';
import { ApiDocument } from './document/api-document.ts';
import { ApiFault } from './document/api-fault.ts';
import { type ApiOperation, operationsOf } from './document/api-operations.ts';
import { baseOf, whereIs } from './document/api-servers.ts';
import { type ApiFields, fieldsOf, ownText } from './document/fields.ts';
import { operationFilter } from './document/operation-filter.ts';
import { parseDocument } from './document/parse-document.ts';
import { nameOperations } from './tools/operation-names.ts';
import { toolOf } from './tools/operation-tool.ts';
import type { GivenNames } from './tools/read-parameter.ts';

/** The terms of an entry, as far as they change what its API offers. */
export interface CompileTerms extends Pick<ApiDefinition, 'base' | 'include' | 'exclude'> {
  /** Address of the document. */
  readonly document: string;
  /** Addresses that it may refer to; a final slash stands for everything below. */
  readonly references: readonly string[];
  /** Names that the entry gives itself. */
  readonly given: GivenNames;
}

/** Reads the text of a document at an address. @throws ApiFault */
export type ReadText = (address: string) => Promise<string>;

/** Characters of definitions that are listed: no list of tools may have more. */
const MAX_LISTED = 7 * 1024 * 1024;

/** @throws ApiFault where the API cannot be used */
export async function compileApi(terms: CompileTerms, read: ReadText): Promise<CompiledApi> {
  const documents = new Map<string, unknown>();
  documents.set(terms.document, parseDocument(await read(terms.document)));
  for (;;) {
    const document = new ApiDocument(documents, terms.references);
    try {
      const compiled = compile(document, terms);
      if (document.missing.size === 0) return compiled;
    } catch (error) {
      // What is missing may be why.
      if (document.missing.size === 0) throw error;
    }
    for (const address of document.missing) documents.set(address, parseDocument(await read(address)));
  }
}

function compile(document: ApiDocument, terms: CompileTerms): CompiledApi {
  const root = fieldsOf(document.root.value);
  const info = document.member(document.root, 'info');
  const notes: ApiNote[] = [];
  const tags = new Set<string>();
  const isChosen = operationFilter(terms.include, terms.exclude);
  let count = 0;
  const chosen = operationsOf(document, (operation) => {
    count++;
    for (const tag of operation.tags) tags.add(tag);
    return isChosen(operation);
  });
  noteUnknown(terms, tags, notes);
  if (chosen.length === 0) throw nothingLeft(count);
  const base = baseOf(root, { stated: terms.base, document: terms.document });
  const placed = placedOperations(chosen, base, root, notes);
  if (placed.length === 0)
    throw new ApiFault(notes.map(({ message }) => message).join('; '), String(notes.at(-1)?.fix), { at: [] });
  const names = nameOperations(placed.map(({ operation }) => operation));
  const tools: string[] = [];
  const plans: OperationPlan[] = [];
  let size = 0;
  for (const [index, { operation, prefix }] of placed.entries()) {
    const { definition, plan } = toolOf(document, operation, names[index] ?? '', prefix, terms.given);
    size += definition.length;
    if (size > MAX_LISTED) {
      const message = `only the first ${index} of ${placed.length} operations are tools: the rest has no room in a list`;
      notes.push({ message, fix: 'Choose those that are needed with "include"', at: ['include'] });
      break;
    }
    tools.push(definition);
    plans.push(plan);
  }
  return {
    title: ownText(fieldsOf(info.value), 'title') ?? '',
    version: ownText(fieldsOf(info.value), 'version') ?? '',
    description: ownText(fieldsOf(info.value), 'description'),
    base,
    tools,
    plans,
    notes,
  };
}

interface PlacedOperation {
  readonly operation: ApiOperation;
  readonly prefix: string | undefined;
}

/** Those that are called where the API is, and whose path is one. */
function placedOperations(
  chosen: readonly ApiOperation[],
  base: string,
  root: ApiFields | undefined,
  notes: ApiNote[],
): readonly PlacedOperation[] {
  const elsewhere: string[] = [];
  const odd: string[] = [];
  const placed: PlacedOperation[] = [];
  for (const operation of chosen) {
    const shown = `${operation.method.toUpperCase()} ${operation.path}`;
    const where = operation.servers.length === 0 ? { prefix: undefined } : whereIs(operation.servers, root, base);
    if (!isPathTemplate(operation.path)) odd.push(shown);
    else if (where === 'elsewhere') elsewhere.push(shown);
    else placed.push({ operation, prefix: where.prefix });
  }
  const note = (found: readonly string[], why: string, fix: string): void => {
    const [first] = found;
    if (first === undefined) return;
    const count = found.length === 1 ? '1 operation is' : `${found.length} operations are`;
    notes.push({ message: `${count} left out, such as ${quoted(first, 100)}: ${why}`, fix, at: [] });
  };
  note(elsewhere, 'they are at another place than the API', 'Add an entry with the "url" of that place for them');
  note(odd, 'their paths have dot segments or the like', 'Correct the document');
  return placed;
}

function nothingLeft(count: number): ApiFault {
  if (count === 0) return new ApiFault('has no operations', 'Name a document with "paths"');
  return new ApiFault('has no operation that "include" and "exclude" leave', 'Correct them', { at: ['include'] });
}

/** Tags that no operation has are probably mistakes. */
function noteUnknown({ include, exclude }: CompileTerms, tags: ReadonlySet<string>, notes: ApiNote[]): void {
  for (const [key, filter] of [
    ['include', include],
    ['exclude', exclude],
  ] as const) {
    for (const [index, pattern] of (filter?.tags ?? []).entries()) {
      if ([...tags].some(compilePattern(pattern))) continue;
      const similar = nearest(pattern, [...tags]);
      const fix =
        similar === undefined
          ? `Known tags: ${[...tags].slice(0, 20).join(', ') || 'none'}`
          : `Did you mean ${quoted(similar, 80)}?`;
      notes.push({ message: 'is no tag of an operation', fix, at: [key, 'tags', index] });
    }
  }
}
