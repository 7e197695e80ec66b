/** The labels that servers give by themselves: hints of tools, and trust annotations of results (SEP-1913, a draft). */

type Annotations = Readonly<Record<string, unknown>>;

/**
 * The labels of a tool by its annotations. An open world is one in which others write what is read, and read what is written. What is left out
 * says nothing.
 */
export function labelsOfTool(annotations: Annotations | undefined): readonly string[] {
  if (annotations === undefined) return NONE;
  const isOpen = annotations['openWorldHint'] === true;
  const { destination } = membersOf(annotations['inputMetadata']);
  const { isUntrusted, isPrivate } = returned(annotations);
  return [
    ...(isPrivate ? ['private'] : []),
    ...(isOpen || isUntrusted ? ['untrusted'] : []),
    ...(isOpen || has(destination, PUBLIC) ? ['external'] : []),
  ];
}

/** The labels of a result by what its `_meta` says of it. */
export function labelsOfResult(annotations: Annotations): readonly string[] {
  const { isUntrusted, isPrivate } = returned(annotations);
  const isBad = annotations['openWorldHint'] === true || annotations['maliciousActivityHint'] === true;
  return [...(isPrivate ? ['private'] : []), ...(isBad || isUntrusted ? ['untrusted'] : [])];
}

const NONE: readonly string[] = [];
const PUBLIC: ReadonlySet<unknown> = new Set(['public']);
const UNTRUSTED: ReadonlySet<unknown> = new Set(['untrustedPublic']);
const OWN: ReadonlySet<unknown> = new Set(['internal', 'user']);
const HARMLESS: ReadonlySet<unknown> = new Set(['none']);

function returned(annotations: Annotations): { readonly isUntrusted: boolean; readonly isPrivate: boolean } {
  const { source, sensitivity } = membersOf(annotations['returnMetadata']);
  const isSensitive = sensitivity !== undefined && listOf(sensitivity).some((one) => !HARMLESS.has(one));
  return { isUntrusted: has(source, UNTRUSTED), isPrivate: isSensitive || has(source, OWN) };
}

/** True if a value, or one of those that are possible, is among these. */
function has(value: unknown, among: ReadonlySet<unknown>): boolean {
  return listOf(value).some((one) => among.has(one));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

function membersOf(value: unknown): Annotations {
  return typeof value === 'object' && value !== null ? (value as Annotations) : {};
}
